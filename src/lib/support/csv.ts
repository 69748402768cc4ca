import { InputError } from './errors.ts'
import { readTextFile } from './files.ts'

export interface CsvTable {
  header: string[]
  rows: CsvRow[]
}

export interface CsvRow {
  /** Line of the file on which the row ends, from 1. */
  line: number
  /** Values by column name. */
  fields: Record<string, string>
}

/** Column separators; spreadsheets in some countries write semicolons. */
const DELIMITERS = [',', ';', '\t']

/**
 * Reads a CSV file whose header has at least the given columns, in any letter case. Ignores blank rows and spaces
 * around column names; fields are returned unchanged. Throws InputError BAD_CSV with file and line if a column is
 * missing or a row does not match the header, and FILE_NOT_FOUND or the like if the file cannot be read.
 */
export async function readCsv(path: string, { columns }: { columns: readonly string[] }): Promise<CsvTable> {
  const [text, { parse, CsvError }] = await Promise.all([readTextFile(path), import('csv-parse/sync')])
  const delimiter = delimiterOf(text, columns) ?? ','
  let records: { record: string[]; info: { lines: number } }[]
  try {
    records = parse(text, { bom: true, delimiter, info: true, skip_empty_lines: true }) as never
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error.lines === 'number' ? `:${error.lines}` : ''
    throw badCsv(`${path}${line} is not CSV: ${describe(error.message)}.`)
  }
  const [first, ...rest] = records.map(({ record, info }) => ({ info, record: record.map(unguarded) }))
  const header = (first?.record ?? []).map((column) => columnName(column, columns))
  const missing = columns.filter((column) => !header.includes(column))
  if (missing.length > 0) {
    const has = header.length === 0 ? 'it is empty' : `it has ${header.join(', ')}`
    throw badCsv(`${path} lacks the column ${missing.join(' and the column ')}; ${has}.`)
  }
  const twice = columns.find((column) => header.indexOf(column) !== header.lastIndexOf(column))
  if (twice !== undefined) throw badCsv(`${path} has the column ${twice} twice.`)
  return {
    header,
    rows: rest
      .filter(({ record }) => record.some((field) => field.trim() !== ''))
      .map(({ record, info }) => ({
        line: info.lines,
        fields: Object.fromEntries(header.map((column, index) => [column, record[index]!])),
      })),
  }
}

/** Whether a text is CSV whose header has the given columns. */
export function hasColumns(text: string, columns: readonly string[]): boolean {
  return delimiterOf(text, columns) !== undefined
}

function delimiterOf(text: string, columns: readonly string[]): string | undefined {
  const [header = ''] = /^.*/.exec(text.trimStart()) ?? []
  return DELIMITERS.find((delimiter) => {
    const names = header
      .split(delimiter)
      .map((name) => columnName(name.trim().replace(/^"(.*)"$/, '$1'), columns))
    return columns.every((column) => names.includes(column))
  })
}

function columnName(cell: string, columns: readonly string[]): string {
  const name = cell.trim()
  return columns.find((column) => column.toLowerCase() === name.toLowerCase()) ?? name
}

/**
 * Formats rows as CSV with a header, quoted where needed and guarded so that spreadsheets do not read them as formulas.
 */
export async function formatCsv(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  const { stringify } = await import('csv-stringify/sync')
  return stringify([header, ...rows].map((row) => row.map(guarded)))
}

/** Characters that start a formula in spreadsheets, after any guards. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/
/** Numbers also start with a sign, but must stay numbers. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf(inity)?|nan)$/i

/** A cell that spreadsheets show as text: foreign text must not be run as a formula. `readCsv` undoes it. */
export function guarded(cell: string): string {
  return FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
}

function unguarded(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) && !NUMBER.test(cell.slice(1)) ? cell.slice(1) : cell
}

export function badCsv(message: string, options: { suggestions?: string[] } = {}): InputError {
  return new InputError(message, { code: 'BAD_CSV', ...options })
}

/** The parser's message without the position, which our message gives. */
function describe(message: string): string {
  return message.replace(/ (on|at) line \d+.*$/, '').toLowerCase()
}
