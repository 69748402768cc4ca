import Table from 'cli-table3'

/** A column of a table, with its heading. */
export interface Column {
  head: string
  align?: 'left' | 'right'
}

const EDGES = ['top', 'bottom', 'left', 'mid', 'right']
const JOINTS = EDGES.flatMap((edge) => [`${edge}-mid`, `${edge}-left`, `${edge}-right`])
const NO_LINES = Object.fromEntries([...EDGES, ...JOINTS, 'middle'].map((part) => [part, '']))

/** Rows under their headings, in plain columns without lines. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align = 'left' }) => align),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString().replaceAll(/ +$/gm, '')
}

/** Bytes as a person reads them: "512 B", "3.4 kB", "1.2 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${['B', 'kB', 'MB', 'GB'][power]}`
}
