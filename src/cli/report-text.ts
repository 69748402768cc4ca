import { relative } from 'node:path'
import { formatCell, formatHead } from '../lib/reporting/format.ts'
import type { Bar, Column, Row, Section, Table } from '../lib/reporting/report.ts'
import type { WrittenReport } from '../lib/reporting/write-report.ts'
import { renderTable, terminalWidth } from './table.ts'

const BAR_WIDTH = 40

/** A report for a terminal: what it comes to, its tables, charts where a few bars can be one. */
export function renderReport({ report, page }: WrittenReport): string {
  return [
    ...report.findings,
    ...(report.findings.length > 0 ? [''] : []),
    ...report.sections.flatMap(renderSection),
    ...report.warnings.map((warning) => `Left out: ${warning}`),
    `The report: ${relative('', page)}`,
  ].join('\n')
}

/** The findings of a report and where it lies, for commands that end in one. */
export function renderReportEnd({ report, page }: WrittenReport): string {
  return [...report.findings, '', `The report: ${relative('', page)}`].join('\n')
}

/** Figures that no bars can show have nothing to say here. */
function renderSection({ title, figures, tables, commands = [] }: Section): string[] {
  const body = [
    ...figures.flatMap(({ bars = [] }) => (bars.length === 0 ? [] : [renderBars(bars), ''])),
    ...tables.map(renderReportTable),
    ...(commands.length === 0 ? [] : ['Make it again', ...commands.map((command) => `  ${command}`), '']),
  ]
  return body.length === 0 ? [] : [title, '='.repeat(title.length), ...body]
}

function renderBars(bars: readonly Bar[]): string {
  return renderTable(
    [{ head: '', least: 12 }, { head: '' }, { head: '', align: 'right' }],
    bars.map(({ label, share, text }) => [label, '█'.repeat(Math.round(share * BAR_WIDTH)), text]),
    { width: terminalWidth() },
  ).replace(/^\s*\n/, '')
}

/** A table as wide as it likes, or where the terminal is narrower without its details. */
function renderReportTable({ title, columns, rows, notes }: Table): string {
  const width = terminalWidth()
  const whole = layOut(columns, rows)
  const fits = width === undefined || whole.split('\n').every((line) => line.length <= width)
  const main = columns.filter(({ detail }) => detail === undefined)
  const left = columns.length - main.length
  return [
    title,
    ...(fits || left === 0
      ? [whole]
      : [layOut(main, rows, width), `(${left} more columns in the report and with --json)`]),
    ...notes,
    '',
  ].join('\n')
}

function layOut(columns: readonly Column[], rows: readonly Row[], width?: number): string {
  return renderTable(
    columns.map((column) => ({
      head: formatHead(column),
      ...(column.format === 'text' ? { least: 12 } : { align: 'right' as const }),
    })),
    rows.map((row) => columns.map((column) => formatCell(row, column))),
    { width },
  )
}
