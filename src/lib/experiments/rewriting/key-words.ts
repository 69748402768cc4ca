/** Words that carry no fact, of four letters and more. */
const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  'after been before behind being from have into over than that their them then they this those were what when where which while whose with'.split(
    ' ',
  ),
)
const SHORTEST = 4
/** Number of letters of a word that must stay: "inventor" may become "invented". */
const STEM = 5

/** The first key word of a description that a text has lost; undefined if it has all of them, in any form. */
export function lostKeyWord(description: string, text: string): string | undefined {
  const present = wordsOf(text)
  return wordsOf(description)
    .filter((word) => /\d/.test(word) || (word.length >= SHORTEST && !FUNCTION_WORDS.has(word)))
    .find((word) => !present.some((other) => other.startsWith(word.slice(0, STEM))))
}

function wordsOf(text: string): string[] {
  return (
    text
      .toLowerCase()
      .normalize('NFC')
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  )
}
