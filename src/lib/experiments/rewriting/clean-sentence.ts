/** What goes wrong where one text is put into another, and how it should be. */
const ARTEFACTS: readonly [pattern: RegExp, clean: string][] = [
  [/\s+/g, ' '],
  [/ (?=[.,;:!?]+([\s"”’)]|$))/g, ''],
  // Before a quotation mark that another mark follows: `Time.".`
  [/[.,](?=["”’][.!?])/g, ''],
  [/(?<=[!?]["”’]?)\.+/g, ''],
  [/([!?,])\1+/g, '$1'],
  [/,(?=\.)/g, ''],
  // Two, but not the three that trail off.
  [/(?<!\.)\.\.(?!\.)/g, '.'],
]

/** A sentence without double spaces, spaces before marks, and marks that follow one another. */
export function cleanSentence(sentence: string): string {
  const cleaned = ARTEFACTS.reduce(
    (text, [pattern, clean]) => text.replaceAll(pattern, clean),
    sentence,
  ).trim()
  // One artefact may hide another; each pass makes the sentence shorter.
  return cleaned === sentence ? sentence : cleanSentence(cleaned)
}
