import { stringify } from 'csv-stringify/sync'
import type { Row } from './report.ts'

/** Rows as CSV with a heading of their keys; numbers with all their digits. */
export function toCsv(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  return stringify(
    rows.map((row) => columns.map((column) => row[column] ?? '')),
    { header: true, columns },
  )
}
