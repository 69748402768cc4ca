/**
 * Milliseconds that `Retry-After` (RFC 9110, 10.2.3: seconds or a date) or `retry-after-ms` asks to wait.
 * Zero if it names a past time: it asks for no wait, not for an immediate repetition.
 */
export function readRetryAfter(headers: Pick<Headers, 'get'>, now: number): number | undefined {
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '')
  if (milliseconds >= 0) return milliseconds
  const text = headers.get('retry-after') ?? ''
  if (/^\s*-?\d+(\.\d+)?\s*$/.test(text)) return Math.max(0, Number(text) * 1000)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
