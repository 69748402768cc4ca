/** Requests in flight at the start. */
const FIRST_SIZE = 4
/** After a refusal the window comes back at once to this share of the size at which it was refused. */
const SAFE_SHARE = 0.95
/** Rounds without a refusal until the window is one request wider than that. */
const CALM_ROUNDS = 30
/** The window does not grow while answers take so many times as long as they did at best. */
const SLOWEST = 4
/** Weight of the newest answer in the running mean of latencies. */
const NEWEST = 0.1

/**
 * How many requests may be in flight. Starts small, doubles each round (as many answers as the window is wide)
 * and halves at a refusal. Then it comes quickly back to just below where it was refused, and goes beyond
 * that as CUBIC does (RFC 9438): slowly at first, faster the longer all goes well. A server that queues
 * instead of refusing shows by its latency that more requests would only wait.
 */
export class AdaptiveWindow {
  readonly #largest: number
  #size: number
  #refusedAt = Number.POSITIVE_INFINITY
  #rounds = 0
  #era = 0
  #latency: number | undefined
  #best = Number.POSITIVE_INFINITY

  constructor({ largest }: { largest: number }) {
    this.#largest = largest
    this.#size = Math.min(FIRST_SIZE, largest)
  }

  /** Requests that may be in flight, a whole number. */
  get size(): number {
    return Math.floor(this.#size)
  }

  /** Changes when the window halves: requests of one era tell of one crowd. */
  get era(): number {
    return this.#era
  }

  /** A request of this era was answered; `full`: while as many were in flight as may be. */
  succeeded({ era, full, latencyMs }: { era: number; full: boolean; latencyMs: number }): void {
    this.#latency = this.#latency === undefined ? latencyMs : mix(this.#latency, latencyMs)
    this.#best = Math.min(this.#best, this.#latency)
    if (era !== this.#era || !full || this.#latency > SLOWEST * this.#best) return
    this.#size = Math.min(this.#largest, this.#grown())
  }

  /** A request of this era was refused for being one too many. Those refused together halve the window once. */
  refused({ era }: { era: number }): void {
    if (era !== this.#era) return
    this.#era++
    this.#rounds = 0
    this.#refusedAt = this.#size
    this.#size = Math.max(1, this.#size / 2)
  }

  #grown(): number {
    const safe = Math.max(1, SAFE_SHARE * this.#refusedAt)
    if (this.#size < safe) return Math.min(safe, this.#size + 1)
    this.#rounds += 1 / this.#size
    return Math.max(this.#size, safe + (this.#rounds / CALM_ROUNDS) ** 3)
  }
}

function mix(mean: number, value: number): number {
  return mean + NEWEST * (value - mean)
}
