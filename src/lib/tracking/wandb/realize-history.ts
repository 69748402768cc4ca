import type { WandbLines } from '../../schemas/wandb.ts'
import type { PlacedLine } from './file-stream.ts'
import type { LoggedRow, RecordRow, RunContent } from './run-content.ts'
import type { RunFile } from './run-file.ts'
import { tableFile } from './table.ts'
import type { Values } from './values.ts'
import { containsValues } from './values.ts'

/** The history of a run as it is sent. */
export interface RealizedHistory {
  /** Lines that W&B has not confirmed yet. */
  unsent: PlacedLine[]
  /** The stretches whose lines are all there. */
  complete: WandbLines[]
  /** Files of all tables. */
  files: RunFile[]
  /** The last value of each metric and table, and the records' own. */
  summary: Values
  /** When the last row was logged. */
  moment: Values
}

/** Turns content and its places into lines, files and a summary: the same input always gives the same result. */
export function realizeHistory(
  { steps = [], records = [] }: Pick<RunContent, 'steps' | 'records'>,
  lines: readonly WandbLines[],
): RealizedHistory {
  const realized: RealizedHistory = { unsent: [], complete: [], files: [], summary: {}, moment: {} }
  const log = (row: LoggedRow, step: number, offset: number | null, sent: boolean) => {
    const tables = Object.entries(row.tables ?? {}).map(([key, table]) => tableFile(key, step, table))
    realized.files.push(...tables.map(({ file }) => file))
    const values = { ...row.metrics, ...Object.fromEntries(tables.map(({ key, entry }) => [key, entry])) }
    const moment = { _step: step, _timestamp: row.timestamp, _runtime: row.runtime }
    Object.assign(realized.summary, values)
    realized.moment = { ...moment, _wandb: { runtime: Math.round(row.runtime) } }
    if (!sent && offset !== null)
      realized.unsent.push({ offset, text: JSON.stringify({ ...values, ...moment }) })
  }
  for (const stretch of lines) {
    const { of, first_step, last_step, offset, sent } = stretch
    if (of === 'steps') {
      const rows = steps.filter(({ step }) => step >= first_step && step <= last_step)
      for (const [place, row] of rows.entries())
        log(row, row.step, offset === null ? null : offset + place, sent)
      if (rows.length === stretch.count) realized.complete.push(stretch)
      continue
    }
    const record = records.find(({ key }) => key === of)
    if (record === undefined || offset === null) continue
    log(record, first_step, offset, sent)
    Object.assign(realized.summary, record.summary)
    realized.complete.push(stretch)
  }
  return realized
}

/** Whether a summary shows everything in a record. */
export function showsRecord(summary: Values, { metrics, summary: own, tables = {} }: RecordRow): boolean {
  const hashes = Object.entries(tables).map(([key, table]) => [key, tableFile(key, 0, table).file.sha256])
  return (
    containsValues(summary, { ...metrics, ...own }) &&
    hashes.every(([key = '', hash]) => (summary[key] as Values | undefined)?.sha256 === hash)
  )
}
