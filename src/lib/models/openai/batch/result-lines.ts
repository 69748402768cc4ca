import { ownWords } from '../error-answer.ts'

/** The outcome of one request of a batch. */
export type BatchResult =
  | { customId: string; answer: unknown }
  /** `again` means that the request may succeed in another batch. */
  | { customId: string; message: string; again: boolean }

interface ResultLine {
  custom_id: string
  response: { status_code: number; body: unknown } | null
  error: { code?: string; message?: string } | null
}

/** The contents of an output or error file. */
export interface ParsedResults {
  results: BatchResult[]
  /** Number of unreadable lines: if any, the file is damaged. */
  unreadable: number
}

export function parseResultLines(text: string): ParsedResults {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const results = lines.map(parseLine).filter((line) => line !== undefined)
  return { results: results.map(readResult), unreadable: lines.length - results.length }
}

function parseLine(line: string): ResultLine | undefined {
  try {
    const value = JSON.parse(line) as ResultLine | null
    return typeof value?.custom_id === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

function readResult({ custom_id: customId, response, error }: ResultLine): BatchResult {
  const status = response?.status_code
  if (status === 200) return { customId, answer: response?.body }
  return failedResult(customId, status, response?.body ?? error)
}

/** A request that failed with that status; undefined if the server gives none. */
export function failedResult(customId: string, status: number | undefined, body: unknown): BatchResult {
  const { code } = (body ?? {}) as { code?: unknown }
  const message = ownWords(body) ?? String(code ?? 'no reason given')
  // A request that the server read and rejected is final; expired, throttled and failed ones may be sent again.
  const again = status === undefined || status === 408 || status === 409 || status === 429 || status >= 500
  return { customId, message, again }
}
