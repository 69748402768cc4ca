import { stringify } from 'csv-stringify/sync'
import { guarded } from '../support/csv.ts'
import type { Row } from './report.ts'

/** Rows as CSV with a heading of their keys; numbers with all their digits. */
export function toCsv(rows: readonly Readonly<Partial<Row>>[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return stringify(
    rows.map((row) => columns.map((column) => guardedCell(row[column] ?? ''))),
    { header: true, columns },
  )
}

/** Numbers are written unchanged. */
function guardedCell<T>(value: T): T | string {
  return typeof value === 'string' ? guarded(value) : value
}
