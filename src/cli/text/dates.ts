const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
]

const AGO = new Intl.RelativeTimeFormat('en', { numeric: 'always' })

/** How long ago a moment was, as a person says it: "3 hours ago". */
export function formatAgo(moment: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(moment)) / 1000
  const [unit, length] = UNITS.find(([, size]) => seconds >= size) ?? ['second', 1]
  if (unit === 'second') return 'just now'
  return AGO.format(-Math.floor(seconds / length), unit)
}

/** Date and time on the user's clock: "2026-11-24 09:30". */
export function formatDate(moment: string): string {
  const date = new Date(moment)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
