import type { RateReading } from './rate-budget.ts'

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds of a duration such as `1s`, `6m0s`, `120ms` or plain seconds; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)
  return Array.from(parts, ([, amount, unit]) => Number(amount) * UNITS_MS[unit!]!).reduce((a, b) => a + b, 0)
}

/** The limit of `requests` or `tokens` in `x-ratelimit-*` headers; undefined if one of the three is missing. */
export function readRateLimit(headers: Headers, kind: 'requests' | 'tokens'): RateReading | undefined {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((part) =>
    headers.get(`x-ratelimit-${part}-${kind}`),
  )
  const resetMs = parseDuration(reset ?? '')
  if (!limit || !remaining || resetMs === undefined) return undefined
  const reading = { limit: Number(limit), remaining: Number(remaining), resetMs }
  return reading.limit > 0 && reading.remaining >= 0 ? reading : undefined
}
