import { relative } from 'node:path'
import { formatCell, formatHead } from '../../lib/reporting/format.ts'
import type { Bar, Column, Row, Section, Table } from '../../lib/reporting/report.ts'
import type { WrittenReport } from '../../lib/reporting/write-report.ts'
import { plural } from '../../lib/support/numbers.ts'
import { fits, renderRecords, renderTable, terminalWidth, wrapText } from './table.ts'

/** Length of the longest bar, as far as there is room. */
const BAR_WIDTH = { most: 40, least: 10 }

/**
 * Names are cut to the first width before intervals are left out, and to the second if that is not enough.
 */
const NAME_WIDTH = { most: 16, least: 10 }

/** A report for a terminal: findings, tables, and charts that a few bars can show. */
export function renderReport({ report, page }: WrittenReport): string {
  return [
    ...report.findings.map((finding) => wrapText(finding)),
    ...(report.findings.length > 0 ? [''] : []),
    ...report.sections.flatMap(renderSection),
    ...report.warnings.map((warning) => wrapText(`Left out: ${warning}`)),
    `The report: ${relative('', page)}`,
  ].join('\n')
}

/** The findings and the path of a report, for commands that end with one. */
export function renderReportEnd({ report, page }: WrittenReport): string {
  return [
    ...report.findings.map((finding) => wrapText(finding)),
    '',
    `The report: ${relative('', page)}`,
  ].join('\n')
}

/** Figures that bars cannot show are left out. */
function renderSection({ title, figures, tables, commands = [] }: Section): string[] {
  const body = [
    ...figures.flatMap(({ bars = [] }) => (bars.length === 0 ? [] : [renderBars(bars), ''])),
    ...tables.map(renderReportTable),
    ...(commands.length === 0 ? [] : ['Make it again', ...commands.map((command) => `  ${command}`), '']),
  ]
  return body.length === 0 ? [] : [title, '='.repeat(title.length), ...body]
}

function renderBars(bars: readonly Bar[]): string {
  const width = terminalWidth()
  const room =
    (width ?? Infinity) - Math.max(...bars.map(({ label, text }) => label.length + text.length)) - 4
  const longest = Math.max(BAR_WIDTH.least, Math.min(BAR_WIDTH.most, room))
  return renderTable(
    [{ head: '', least: 12 }, { head: '' }, { head: '', align: 'right' }],
    bars.map(({ label, share, text }) => [label, '█'.repeat(Math.round(share * longest)), text]),
    { width },
  ).replace(/^\s*\n/, '')
}

/** The full table; on narrower terminals without details, then without intervals, then one cell per line. */
export function renderReportTable({ title, columns, rows, notes }: Table): string {
  const width = terminalWidth() ?? Infinity
  const main = columns.filter(({ detail }) => detail === undefined)
  const bare = main.map(({ interval: _interval, deviation: _deviation, ...column }) => column)
  const hasSpread = main.some(({ interval, deviation }) => (interval ?? deviation) !== undefined)
  const columnsLeft =
    columns.length > main.length ? [plural(columns.length - main.length, 'more column')] : []
  const spreadLeft = [...columnsLeft, ...(hasSpread ? ['intervals'] : [])]
  const layouts = [
    { text: layOut(columns, rows), leftOut: [] },
    { text: layOut(main, rows, { width, least: NAME_WIDTH.most }), leftOut: columnsLeft },
    { text: layOut(bare, rows, { width, least: NAME_WIDTH.most }), leftOut: spreadLeft },
    { text: layOut(bare, rows, { width, least: NAME_WIDTH.least }), leftOut: spreadLeft },
  ]
  const fitting = layouts.find(({ text }) => fits(text, width))
  const { text, leftOut } = fitting ?? { text: layOutRecords(bare, rows, width), leftOut: spreadLeft }
  return [
    wrapText(title),
    text,
    ...(leftOut.length > 0 ? [wrapText(`(${leftOut.join(' and ')} in the report and with --json)`)] : []),
    ...notes.map((own) => wrapText(own)),
    '',
  ].join('\n')
}

function layOutRecords(columns: readonly Column[], rows: readonly Row[], width: number): string {
  const cells = rows.map((row) => columns.map((column) => formatCell(row, column)))
  return renderRecords(columns.map(formatHead), cells, { width })
}

function layOut(
  columns: readonly Column[],
  rows: readonly Row[],
  { width, least = 0 }: { width?: number; least?: number } = {},
): string {
  return renderTable(
    columns.map((column) => ({
      head: formatHead(column),
      ...(column.format === 'text' ? { least } : { align: 'right' as const }),
    })),
    rows.map((row) => columns.map((column) => formatCell(row, column))),
    { width },
  )
}
