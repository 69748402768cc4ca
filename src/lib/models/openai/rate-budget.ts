/** One of a server's limits as reported: requests or tokens per minute. */
export interface RateReading {
  limit: number
  remaining: number
  /** Milliseconds until the whole limit is available again. */
  resetMs: number
}

const MINUTE_MS = 60_000
/** This share of a limit is left unspent, as clocks differ and servers round. */
const RESERVE = 0.02

/**
 * A limit per minute, as reported in the server's answers. Half of it may be spent at once; the rest is spread evenly
 * until the reset. If the limit refills continuously, as OpenAI's do, this settles at the refill rate; if it resets
 * each minute, all of it is used by the end of the minute.
 */
export class RateBudget {
  #spent = 0
  #spentAt = Number.NEGATIVE_INFINITY
  #known: { limit: number; remaining: number; resetAt: number; mark: number } | undefined

  /** Counts a request that is sent now; returns the mark by which `learn` recognizes it. */
  spend(cost: number, now: number): number {
    this.#spent += cost
    this.#spentAt = now
    return this.#spent
  }

  /** Updates from the answer to a request. The server had not yet seen what was spent after that request. */
  learn(
    { limit, remaining, resetMs }: RateReading,
    { mark, sentAt }: { mark: number; sentAt: number },
  ): void {
    if (this.#known !== undefined && mark < this.#known.mark) return
    this.#known = { limit, remaining, resetAt: sentAt + resetMs, mark }
  }

  /** When a request of this cost may be sent, on the clock of `now`. */
  readyAt(cost: number, now: number): number {
    if (this.#known === undefined) return now
    const { limit, remaining, resetAt, mark } = this.#known
    const left = remaining - (this.#spent - mark)
    if (left >= limit / 2) return now
    // The limit should have been reset, but clocks may differ: sends requests one by one until an answer confirms it.
    if (now >= resetAt) return this.#spentAt + (cost * MINUTE_MS) / limit
    const spendable = left - Math.floor(RESERVE * limit)
    if (spendable < cost) return resetAt
    return this.#spentAt + (cost * (resetAt - now)) / spendable
  }
}
