/** Numbers as people read them: every count, share, price, size, time and date that is shown goes through here. */

const MINUS = '−'

// Created on first use: it takes milliseconds.
let compact: Intl.NumberFormat | undefined

/** "1,200". */
export function formatCount(count: number): string {
  // `toLocaleString` takes milliseconds at its first use.
  const isPlain = Number.isInteger(count) && Math.abs(count) < 1000
  const text = isPlain ? String(count) : count.toLocaleString('en-US')
  return text.replace('-', MINUS)
}

/** Three digits that count: "102K", "1.02M". */
export function formatCompactCount(count: number): string {
  compact ??= new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
  return compact.format(count)
}

/** A count and what is counted: "1 epoch", "1,200 epochs". */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : nouns}`
}

/** So many digits after the point, and no sign before a zero: "−10.47", "0.00". */
export function formatDecimals(value: number, digits: number): string {
  const text = value.toFixed(digits)
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text.replace('-', MINUS)
}

/** A training loss: "1.234". */
export function formatLoss(loss: number): string {
  return formatDecimals(loss, 3)
}

/** At most four digits that count, with no zeros at the end: "0.05", "1235". */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(4))).replaceAll('-', MINUS)
}

/** A share from 0 to 1: "0.0 %", "99.3 %". */
export function formatPercent(share: number): string {
  return `${formatShare(share)} %`
}

/** The same without its unit. Only none is "0.0" and only all is "100.0": one of 3,000 is "< 0.1". */
export function formatShare(share: number): string {
  const text = formatDecimals(100 * share, 1)
  if (share > 0 && text === '0.0') return '< 0.1'
  return share < 1 && text === '100.0' ? '> 99.9' : text
}

/** Progress, which shows 100 % only at the end: "99 %". */
export function formatProgress(done: number, total: number): string {
  return `${total > 0 ? Math.floor(100 * Math.min(1, done / total)) : 0} %`
}

/** United States dollars: "$1.50". What costs something costs at least a cent. */
export function formatDollars(amount: number): string {
  return `$${(amount > 0 ? Math.max(0.01, amount) : 0).toFixed(2)}`
}

/** "512 B", "3.4 kB", "1.2 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${['B', 'kB', 'MB', 'GB'][power]}`
}

/** Seconds: "0.4 s", "42 s", "3 min 5 s", "2 h 10 min". What takes time takes at least a tenth of a second. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.95) return `${Math.max(0.1, seconds).toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

const UNITS: readonly [string, number][] = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
]

/** How long ago a moment was: "3 hours ago". */
export function formatAgo(moment: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(moment)) / 1000
  const [unit, length] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1]
  if (unit === 'second') return 'just now'
  return `${plural(Math.floor(seconds / length), unit)} ago`
}

/** Date and time on the user's clock: "2026-11-24 09:30". */
export function formatDate(moment: string): string {
  const date = new Date(moment)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
