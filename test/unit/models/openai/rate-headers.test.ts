import { expect } from 'chai'
import { parseDuration, readRateLimit } from '../../../../src/lib/models/openai/rate-headers.ts'
import { readRetryAfter } from '../../../../src/lib/support/retry-after.ts'

describe('rate-limit headers', () => {
  it('reads durations as servers write them', () => {
    const cases = { '1s': 1000, '6m0s': 360_000, '120ms': 120, '1h2m3.5s': 3_723_500, '12': 12_000, '0s': 0 }
    for (const [text, ms] of Object.entries(cases)) expect(parseDuration(text), text).to.equal(ms)
    for (const text of ['', 'soon', '1y', '2026-11-24T00:00:00Z', '-1s']) {
      expect(parseDuration(text), text).to.equal(undefined)
    }
  })

  it('reads a limit only where all three parts are there and make sense', () => {
    const limit = (remaining: string, reset: string) =>
      readRateLimit(
        new Headers({
          'x-ratelimit-limit-requests': '500',
          'x-ratelimit-remaining-requests': remaining,
          'x-ratelimit-reset-requests': reset,
        }),
        'requests',
      )
    expect(limit('499', '120ms')).to.deep.equal({ limit: 500, remaining: 499, resetMs: 120 })
    expect(limit('x', '120ms')).to.equal(undefined)
    expect(limit('499', 'soon')).to.equal(undefined)
    expect(readRateLimit(new Headers(), 'tokens')).to.equal(undefined)
  })

  it('reads Retry-After in seconds, as a date and in milliseconds', () => {
    const now = Date.parse('2026-11-24T09:00:00Z')
    const read = (headers: Record<string, string>) => readRetryAfter(new Headers(headers), now)
    expect(read({ 'retry-after': '120' })).to.equal(120_000)
    expect(read({ 'retry-after': 'Tue, 24 Nov 2026 09:02:00 GMT' })).to.equal(120_000)
    expect(read({ 'retry-after': 'Tue, 24 Nov 2026 08:00:00 GMT' })).to.equal(0)
    expect(read({ 'retry-after-ms': '20', 'retry-after': '1' })).to.equal(20)
    expect(read({ 'retry-after': 'soon' })).to.equal(undefined)
    expect(read({})).to.equal(undefined)
  })
})
