/** Faults that arise when one text is inserted into another, and their corrections. */
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
  // One artefact may hide another; each pass makes the sentence shorter, so this ends.
  return cleaned === sentence ? sentence : cleanSentence(cleaned)
}
