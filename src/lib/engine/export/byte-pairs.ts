import type { Tokenizer } from '../tokenizer.ts'
import { END_OF_TEXT } from '../tokenizer.ts'

/** Name, in exports, of the token at the start and end of every text. */
export const END_OF_TEXT_NAME = '<|endoftext|>'

/** A byte-pair encoding as other programs read it, its bytes written in GPT-2's printable alphabet. */
export interface BytePairVocabulary {
  /** By identifier. */
  tokens: string[]
  /** The merges, in order. */
  merges: [left: string, right: string][]
}

export function bytePairVocabulary(tokenizer: Tokenizer): BytePairVocabulary {
  const print = (spelling: string) => [...spelling].map((byte) => ALPHABET[byte.charCodeAt(0)]).join('')
  return {
    tokens: tokenizer.spellings.map((spelling, id) =>
      id === END_OF_TEXT ? END_OF_TEXT_NAME : print(spelling),
    ),
    merges: tokenizer.merges().map(([left, right]) => [print(left), print(right)]),
  }
}

/** GPT-2's character for each byte: itself if it is printable, else the next one from U+0100 on. */
const ALPHABET = printableAlphabet()

function printableAlphabet(): string[] {
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad)
    return String.fromCharCode(printable ? byte : next++)
  })
}
