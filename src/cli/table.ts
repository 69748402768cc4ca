import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'

/** A column of a table, with its heading. */
export interface Column {
  head: string
  align?: 'left' | 'right'
  /** The narrowest that it may be cut to where the table is wider than the terminal. */
  least?: number
}

const EDGES = ['top', 'bottom', 'left', 'mid', 'right']
const JOINTS = EDGES.flatMap((edge) => [`${edge}-mid`, `${edge}-left`, `${edge}-right`])
const NO_LINES = Object.fromEntries([...EDGES, ...JOINTS, 'middle'].map((part) => [part, '']))
const GAP = 2

/** Rows under their headings, in plain columns without lines; no wider than `width` where columns may be cut. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width = Number.POSITIVE_INFINITY }: { width?: number | undefined } = {},
): string {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align = 'left' }) => align),
    colWidths: fit(columns, rows, width).map((own) => own + GAP),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString().replaceAll(/ +$/gm, '')
}

/** Widths of the columns: what they need, the widest that may be cut taking back first. */
function fit(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map(({ head }, index) =>
    Math.max(head.length, ...rows.map((row) => stripVTControlCharacters(row[index] ?? '').length)),
  )
  const room = width - GAP * (columns.length - 1)
  for (let over = widths.reduce((sum, own) => sum + own, 0) - room; over > 0; over--) {
    const spare = widths.map((own, index) => own - (columns[index]!.least ?? own))
    const most = Math.max(...spare)
    if (most <= 0) break
    widths[spare.indexOf(most)]! -= 1
  }
  return widths
}

/** Columns of the terminal; undefined where the output is none, so that nothing is cut for a pipe. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined
}

/** Bytes as a person reads them: "512 B", "3.4 kB", "1.2 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${['B', 'kB', 'MB', 'GB'][power]}`
}
