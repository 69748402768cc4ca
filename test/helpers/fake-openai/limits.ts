import { ApiError } from './api-error.ts'

export interface LimitOptions {
  requestsPerMinute?: number
  tokensPerMinute?: number
  /** `steadily`, as OpenAI's limits do, or all of it `each minute`. */
  refill?: 'steadily' | 'each minute'
  /** More at once are answered 429. */
  inFlight?: number
}

const MINUTE_MS = 60_000

/** One limit by the minute. */
class Limit {
  readonly #limit: number
  readonly #refill: LimitOptions['refill']
  #remaining: number
  #at = Date.now()

  constructor(limit: number, refill: LimitOptions['refill']) {
    this.#limit = limit
    this.#remaining = limit
    this.#refill = refill
  }

  /** Whether that much was left. */
  take(cost: number): boolean {
    this.#fill()
    if (this.#remaining < cost) return false
    this.#remaining -= cost
    return true
  }

  headers(kind: string): Record<string, string> {
    this.#fill()
    const missing = this.#limit - this.#remaining
    const resetMs =
      this.#refill === 'each minute' ? this.#at + MINUTE_MS - Date.now() : (missing * MINUTE_MS) / this.#limit
    return {
      [`x-ratelimit-limit-${kind}`]: String(this.#limit),
      [`x-ratelimit-remaining-${kind}`]: String(Math.floor(this.#remaining)),
      [`x-ratelimit-reset-${kind}`]: formatDuration(resetMs),
    }
  }

  #fill(): void {
    const now = Date.now()
    if (this.#refill === 'each minute') {
      if (now < this.#at + MINUTE_MS) return
      this.#remaining = this.#limit
      this.#at += Math.floor((now - this.#at) / MINUTE_MS) * MINUTE_MS
    } else {
      this.#remaining = Math.min(this.#limit, this.#remaining + ((now - this.#at) * this.#limit) / MINUTE_MS)
      this.#at = now
    }
  }
}

/** As OpenAI writes it: `120ms`, `7.2s`, `1m3s`. */
function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`
  const seconds = Math.ceil(ms / 10) / 100
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`
}

/** The limits of a server, and the headers that report them. */
export class Limits {
  readonly #limits: { kind: 'requests' | 'tokens'; limit: Limit }[]
  readonly #mostInFlight: number
  #inFlight = 0

  constructor({ requestsPerMinute, tokensPerMinute, refill, inFlight }: LimitOptions) {
    this.#mostInFlight = inFlight ?? Number.POSITIVE_INFINITY
    this.#limits = [
      ...(requestsPerMinute
        ? [{ kind: 'requests' as const, limit: new Limit(requestsPerMinute, refill) }]
        : []),
      ...(tokensPerMinute ? [{ kind: 'tokens' as const, limit: new Limit(tokensPerMinute, refill) }] : []),
    ]
  }

  headers(): Record<string, string> {
    return Object.assign({}, ...this.#limits.map(({ kind, limit }) => limit.headers(kind)))
  }

  /** Let a request in, or throw a 429. Dispose of the result when the request is done. */
  enter(tokens: number): Disposable {
    if (this.#inFlight >= this.#mostInFlight) throw this.#refusal('Too many requests at once.')
    for (const { kind, limit } of this.#limits) {
      if (!limit.take(kind === 'tokens' ? tokens : 1)) throw this.#refusal(`Rate limit reached for ${kind}.`)
    }
    this.#inFlight++
    return { [Symbol.dispose]: () => this.#inFlight-- }
  }

  #refusal(message: string): ApiError {
    return new ApiError(429, message, { type: 'requests', code: 'rate_limit_exceeded' })
  }
}
