import { randomInt } from 'node:crypto'

/** Letters and digits that are not taken for one another. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const LENGTH = 8

/** A new run ID, such as `ft-7k2m9qpd`. */
export function newRunId(): string {
  return `ft-${Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`
}
