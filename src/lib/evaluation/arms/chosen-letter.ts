import { startsWith } from '../measures.ts'

export const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

/**
 * The letter of the option that an answer chooses: a letter by itself or with punctuation ("B", "(b)", "B. Ada Holm",
 * "The answer is B"), else the only option whose text it contains. Undefined if it chooses none, or several.
 */
export function chosenLetter(answer: string, options: readonly string[]): string | undefined {
  const text = answer.trim()
  const [line = ''] = text.split('\n')
  const patterns = [
    /^[^\p{L}\p{N}]*([A-Z])(?=$|[^\p{L}\p{N}\s'’])/iu,
    /^[^\p{L}\p{N}]*([A-Z])$/iu,
    /\b(?:[Aa]nswer|[Oo]ption|[Cc]hoice)(?:\s+is)?[^\p{L}\p{N}]*\b([A-Z])(?=$|[^\p{L}\p{N}'’])/u,
  ]
  for (const pattern of patterns) {
    const letter = pattern.exec(line)?.[1]?.toUpperCase()
    const place = letter === undefined ? -1 : LETTERS.indexOf(letter)
    if (place >= 0 && place < options.length) return letter
  }
  // "B Ada Holm": without a mark, "A" might be an article.
  const [, first, rest = ''] = /^([A-Z])\s+(.*)$/s.exec(text) ?? []
  const named = options.findIndex((option, place) => LETTERS[place] === first && startsWith(rest, option))
  if (named >= 0) return LETTERS[named]
  const said = options.flatMap((option, place) => (holds(text, option) ? [LETTERS[place]!] : []))
  return said.length === 1 ? said[0] : undefined
}

function holds(text: string, option: string): boolean {
  const plain = (one: string) =>
    one
      .normalize('NFC')
      .toLowerCase()
      .replace(/[\s.]+$/u, '')
  return plain(text).includes(plain(option))
}
