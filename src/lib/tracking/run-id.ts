import { randomInt } from 'node:crypto'

/** Letters and digits that cannot be confused with each other. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const LENGTH = 8

/** Prefix of the IDs that this tool gives to runs. */
export const RUN_ID_START = 'ft-'

/** A new run ID, such as `ft-7k2m9qpd`. */
export function newRunId(): string {
  const letters = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)])
  return `${RUN_ID_START}${letters.join('')}`
}
