import {
  formatCount,
  formatDecimals,
  formatDollars,
  formatDuration,
  formatNumber,
  formatShare,
} from '../support/numbers.ts'
import type { Cell, Column, Format, Row } from './report.ts'

/**
 * A cell of a table as shown, such as "50.0 ± 2.1 [44.2, 55.8]"; the signs of percent and points are in the heading.
 */
export function formatCell(row: Row, { key, format, deviation, interval }: Column): string {
  const value = row[key] ?? null
  if (value === null) return ''
  const main = formatValue(value, format)
  const spread = deviation === undefined ? null : (row[deviation] ?? null)
  const ends = interval?.map((end) => row[end] ?? null) ?? []
  return [
    main,
    ...(spread === null ? [] : [`± ${formatEnd(spread, format)}`]),
    ...(ends.length === 0 || ends.includes(null)
      ? []
      : [`[${ends.map((end) => formatEnd(end!, format)).join(', ')}]`]),
  ].join(' ')
}

/** Of an interval, or a spread, which may be near none or all without a word about it. */
function formatEnd(value: Exclude<Cell, null>, format: Format): string {
  return formatValue(value, format === 'percent' ? 'points' : format)
}

/** The heading of a column with its unit. */
export function formatHead({ head, format }: Column): string {
  const unit = UNITS[format]
  return unit === undefined ? head : `${head} (${unit})`
}

const UNITS: Partial<Record<Format, string>> = { percent: '%', points: 'points', nats: 'nats' }

export function formatValue(value: Exclude<Cell, null>, format: Format): string {
  if (typeof value === 'string') return value
  switch (format) {
    case 'percent':
      return formatShare(value)
    case 'points':
      return formatDecimals(100 * value, 1)
    case 'nats':
    case 'ratio':
      return formatDecimals(value, 2)
    case 'p':
      return formatP(value)
    case 'count':
      return formatCount(value)
    case 'duration':
      return formatDuration(value)
    case 'usd':
      return value === 0 ? 'free' : formatDollars(value)
    default:
      // Such as a seed, which four digits do not name.
      return Number.isSafeInteger(value) ? formatDecimals(value, 0) : formatNumber(value)
  }
}

/** A p-value with two digits that count, down to "< 0.0001". */
export function formatP(p: number): string {
  if (p < 1e-4) return '< 0.0001'
  return p >= 0.095 ? p.toFixed(2) : p.toPrecision(p >= 0.00095 ? 2 : 1)
}

/** The same in a sentence: "p = 0.042", "p < 0.0001". */
export function sayP(p: number): string {
  const shown = formatP(p)
  return shown.startsWith('<') ? `p ${shown}` : `p = ${shown}`
}
