import type { ComparedFile } from '../evidence/evidence.ts'
import type { Column, Table } from '../report.ts'
import { startOfHash } from './checksums.ts'

const COLUMNS: Column[] = [
  { key: 'file', head: 'file', format: 'text' },
  { key: 'sha256', head: 'checksum', format: 'text', hint: 'start of its SHA-256' },
  { key: 'model', head: 'model', format: 'text' },
  { key: 'pairs', head: 'pairs', format: 'count' },
]

/** The files of results that a report was made from. */
export function resultFilesTable(files: readonly ComparedFile[]): Table {
  return {
    name: 'result_files',
    title: 'Files of results on celebrities',
    columns: COLUMNS,
    rows: files.map(({ file, sha256, model, pairs }) => ({
      file,
      sha256: startOfHash(sha256),
      model,
      pairs,
    })),
    notes: [],
  }
}
