import { sha256 } from '../../support/files.ts'

/** A cached answer. */
export interface CachedAnswer {
  /** SHA-256 of the question: 64 hexadecimal digits. */
  question: string
  /** Whom it was asked. */
  model: string
  answer: unknown
}

/** Longer answers are not cached. */
export const LONGEST_LINE_BYTES = 1 << 22

const HEAD = '{"question":"'
const QUESTION_DIGITS = 64
const SEAL = ',"checksum":"'
const SEAL_BYTES = SEAL.length + QUESTION_DIGITS + '"}'.length

/** The line of an answer: JSON whose last field is the checksum of everything before it. */
export function writeAnswerLine({ question, model, answer }: CachedAnswer): string {
  const body = JSON.stringify({ question, model, answer }).slice(0, -1)
  return `${body}${sealOf(body)}`
}

/** The answer in a line; undefined unless the line is exactly as it was written. */
export function readAnswerLine(line: Buffer): CachedAnswer | undefined {
  const end = Math.max(0, line.length - SEAL_BYTES)
  if (line.toString('latin1', end) !== sealOf(line.subarray(0, end))) return undefined
  try {
    return JSON.parse(line.toString())
  } catch {
    return undefined
  }
}

/** The question of an unchecked line, read from its first bytes only; undefined for lines of another kind. */
export function questionOfLine(line: Buffer): string | undefined {
  if (line.length < HEAD.length + QUESTION_DIGITS || line.toString('latin1', 0, HEAD.length) !== HEAD)
    return undefined
  return line.toString('latin1', HEAD.length, HEAD.length + QUESTION_DIGITS)
}

function sealOf(body: string | Uint8Array): string {
  return `${SEAL}${sha256(body)}"}`
}
