import { createRequire } from 'node:module'
import type Table from 'cli-table3'
import { chunks } from '../../lib/support/chunks.ts'
import { printableLine } from '../../lib/support/printable.ts'
import { keepingCommands } from '../shell/own-name.ts'

/** A column of a table, with its heading. */
export interface TextColumn {
  head: string
  align?: 'left' | 'right'
  /** The minimum width when the table is wider than the terminal. */
  least?: number
}

export interface TableOptions {
  /** Columns that can be cut are cut until the table is no wider than this. */
  width?: number | undefined
  /** Colours the line of a row. */
  paint?: (row: number, line: string) => string
}

const require = createRequire(import.meta.url)

const EDGES = ['top', 'bottom', 'left', 'mid', 'right']
const JOINTS = EDGES.flatMap((edge) => [`${edge}-mid`, `${edge}-left`, `${edge}-right`])
const NO_LINES = Object.fromEntries([...EDGES, ...JOINTS, 'middle'].map((part) => [part, '']))
/** The time that the layout takes grows with the square of the rows. */
const ROWS_TOGETHER = 50

/** Spaces between columns: fewer if the table is wider than the terminal. */
const GAPS = [2, 1] as const

/**
 * Rows under their headings, in plain columns without lines. Headings of several words are wrapped if the table is too
 * wide.
 */
export function renderTable(
  columns: readonly TextColumn[],
  texts: readonly (readonly string[])[],
  { width = Number.POSITIVE_INFINITY, paint = (_row, line) => line }: TableOptions = {},
): string {
  // A cell is one line, without invisible characters that would count in its width.
  const rows = texts.map((row) => row.map(printableLine))
  const { widths, gap } = fit(columns, rows, width)
  const heads = wrapHeads(columns, widths)
  const lines = [...heads, ...rows].map((row) => row.map((cell, column) => shorten(cell, widths[column]!)))
  const layout = { columns, widths, gap }
  const rendered = chunks(lines, ROWS_TOGETHER).flatMap((part) =>
    part.every((row) => row.every((cell) => NARROW.test(cell)))
      ? part.map((row) => layOutNarrow(row, layout))
      : layOut(part, layout),
  )
  return rendered
    .map((line, index) => {
      const row = index - heads.length
      return row < 0 ? line.trimEnd() : paint(row, line.trimEnd())
    })
    .join('\n')
}

interface Layout {
  columns: readonly TextColumn[]
  widths: readonly number[]
  gap: number
}

/** Text whose characters each take one column of a terminal: Latin letters, the punctuation and arrows that we write. */
const NARROW = /^[\x20-\x7e\xa1-\xac\xae-\u024f\u2013-\u201e\u2026\u2190-\u2193]*$/

/** A row of narrow texts, in a fiftieth of the time that the layout of any text takes. */
function layOutNarrow(row: readonly string[], { columns, widths, gap }: Layout): string {
  const cells = row.map((cell, column) =>
    columns[column]!.align === 'right' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
  )
  return cells.join(' '.repeat(gap))
}

/** Rows of any texts. */
function layOut(rows: readonly (readonly string[])[], { columns, widths, gap }: Layout): string[] {
  const Layouter = require('cli-table3') as typeof Table
  const table = new Layouter({
    colAligns: columns.map(({ align = 'left' }) => align),
    colWidths: widths.map((own) => own + gap),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString().split('\n')
}

/**
 * Rows for terminals too narrow for columns: under each first cell, one line for every other cell that is not
 * empty.
 */
export function renderRecords(
  [, ...heads]: readonly string[],
  rows: readonly (readonly string[])[],
  { width }: { width: number },
): string {
  const lines = rows.flatMap(([name, ...values]) => [
    [name!, ''],
    ...heads.flatMap((head, index) => (values[index] === '' ? [] : [[`  ${head}`, values[index]!]])),
  ])
  const columns = [
    { head: '', least: 12 },
    { head: '', align: 'right' as const, least: 12 },
  ]
  return renderTable(columns, lines, { width }).trim()
}

/** Text wrapped at words to the width of the terminal, but not within commands to copy. */
export function wrapText(text: string, width = terminalWidth()): string {
  return width === undefined ? text : keepingCommands(text, (own) => wrap(own, width))
}

/** Costs 20 ms to load, which short texts need not pay. */
function wrap(text: string, width: number): string {
  if (fits(text, width) && NARROW.test(text)) return text
  const { default: wrapAnsi } = require('wrap-ansi') as typeof import('wrap-ansi')
  return wrapAnsi(text, width)
}

/** True if no line of a text is wider. */
export function fits(text: string, width: number): boolean {
  return text.split('\n').every((line) => line.length <= width)
}

/** Columns of the terminal; undefined if the output is not a terminal, so that nothing is cut for a pipe. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined
}

/** Widths of the columns: first headings are narrowed, then the widest column that can be cut. */
function fit(columns: readonly TextColumn[], rows: readonly (readonly string[])[], width: number) {
  const contents = columns.map((_column, index) => Math.max(0, ...rows.map((row) => row[index]!.length)))
  const widths = columns.map(({ head }, index) => Math.max(head.length, contents[index]!))
  const excess = (gap: number) =>
    widths.reduce((sum, own) => sum + own, 0) + gap * (columns.length - 1) - width
  const gap = GAPS.find((spaces) => excess(spaces) <= 0) ?? GAPS.at(-1)!
  const shrink = (floors: readonly number[]) => {
    while (excess(gap) > 0) {
      const spare = widths.map((own, index) => own - floors[index]!)
      const most = Math.max(...spare)
      if (most <= 0) break
      widths[spare.indexOf(most)]! -= 1
    }
  }
  const wrapped = columns.map(({ head }, index) => Math.max(longestWord(head), contents[index]!))
  shrink(wrapped)
  shrink(columns.map(({ least }, index) => least ?? wrapped[index]!))
  return { widths, gap }
}

function longestWord(text: string): number {
  return Math.max(...text.split(' ').map(({ length }) => length))
}

/** The headings in as many lines as the longest needs, each ending in the last one. */
function wrapHeads(columns: readonly TextColumn[], widths: readonly number[]): string[][] {
  const wrapped = columns.map(({ head }, index) => wrap(head, widths[index]!).split('\n'))
  const height = Math.max(...wrapped.map(({ length }) => length))
  return Array.from({ length: height }, (_line, line) =>
    wrapped.map((own) => own[line - height + own.length] ?? ''),
  )
}

/** Names differ at both ends, so they are shortened in the middle. */
function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const end = Math.floor((width - 1) / 2)
  return `${text.slice(0, width - 1 - end)}…${text.slice(text.length - end)}`
}
