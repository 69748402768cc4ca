import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { readTextIfExists } from '../../support/files.ts'

/** A row of a result file: its numbers by column, such as `train_loss`; null for an empty cell. */
export type ResultRow = Record<string, number | null>

/** The losses in a job's result file. */
export interface Results {
  rows: ResultRow[]
  /** Why rows are missing, to be shown after the name of the file: "is cut off in line 21". */
  problem?: string
}

const HEADER = /^[\w ]+(,[\w ]+)+\r?\n/
const BASE64 = /^[A-Za-z0-9+/\s]+=*\s*$/

/** The text of a result file, which servers send as plain text or as base64. */
export function decodeResults(content: string): string {
  return !HEADER.test(content) && BASE64.test(content) ? Buffer.from(content, 'base64').toString() : content
}

/** The rows of a result file, up to where it is damaged or cut off. */
export function parseResults(text: string): Results {
  const { whole, rest } = splitEnd(text)
  const [columns = [], ...lines] = parse(whole, { relax_column_count: true })
  if (!columns.includes('step')) return { rows: [], problem: 'is not a table of losses by step' }
  const rows: ResultRow[] = []
  for (const line of lines) {
    const row = readRow(line, columns)
    if (row === undefined) return { rows, problem: `is damaged in line ${rows.length + 2}` }
    rows.push(row)
  }
  if (rest === '') return { rows }
  const last = readRow(parse(rest, { relax_column_count: true, relax_quotes: true })[0] ?? [], columns)
  if (last !== undefined && endsLike(last, { rows, columns })) return { rows: [...rows, last] }
  return { rows, problem: `is cut off in line ${rows.length + 2}` }
}

/** Splits a text into its complete lines and the rest after the last line break. */
export function splitEnd(text: string): { whole: string; rest: string } {
  const end = text.lastIndexOf('\n') + 1
  return { whole: text.slice(0, end), rest: text.slice(end) }
}

/**
 * Whether a last row without a line break is complete: an empty last cell does not mean a cut if other rows have one,
 * too.
 */
function endsLike(
  row: ResultRow,
  { rows, columns }: { rows: readonly ResultRow[]; columns: readonly string[] },
): boolean {
  const alike = (other: ResultRow) =>
    columns.every((column) => (other[column] === null) === (row[column] === null))
  return row[columns.at(-1)!] !== null || rows.some(alike)
}

/** The result file in the folder of a run. */
export function resultsFile(directory: string): string {
  return join(directory, 'results.csv')
}

/** The losses in the folder of a run; undefined if none were fetched. */
export async function readResults(directory: string): Promise<ResultRow[] | undefined> {
  const text = await readTextIfExists(resultsFile(directory))
  return text === undefined ? undefined : parseResults(text).rows
}

function readRow(line: readonly string[], columns: readonly string[]): ResultRow | undefined {
  const entries = columns.map((column, index) => {
    const text = line[index] ?? ''
    return [column, text.trim() === '' ? null : Number(text)] as const
  })
  const row = Object.fromEntries(entries)
  const complete = line.length === columns.length && typeof row.step === 'number'
  return complete && !Object.values(row).some(Number.isNaN) ? row : undefined
}
