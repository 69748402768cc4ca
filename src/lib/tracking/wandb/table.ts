import { sha256 } from '../../support/files.ts'
import type { RunFile } from './run-file.ts'
import type { Values } from './values.ts'

/** Rows under named columns, as W&B shows them on a run's page. */
export interface WandbTable {
  columns: readonly string[]
  rows: readonly (readonly unknown[])[]
}

/** W&B shows no more rows of a table. */
const TABLE_ROWS = 10_000

/** A table as a run's file, and the entry that history and summary hold of it. */
export function tableFile(
  key: string,
  step: number,
  table: WandbTable,
): { key: string; file: RunFile; entry: Values } {
  const { columns } = table
  const rows = table.rows.slice(0, TABLE_ROWS)
  const bytes = Buffer.from(JSON.stringify({ columns, data: rows }))
  const hash = sha256(bytes)
  const path = `media/table/${key.replace(/^\/+/, '')}_${step}_${hash.slice(0, 20)}.table.json`
  return {
    key,
    file: { name: path, sha256: hash, content: { bytes } },
    entry: {
      _type: 'table-file',
      path,
      sha256: hash,
      size: bytes.length,
      ncols: columns.length,
      nrows: rows.length,
      log_mode: 'IMMUTABLE',
    },
  }
}
