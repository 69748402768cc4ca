/** Requests in flight at the start. */
const FIRST_SIZE = 8
/** The window falls to this share of itself at a refusal (RFC 9438, section 4.6). */
const FALL = 0.7
/** It falls further if the server refused more, but never below this share. */
const DEEPEST_FALL = 0.5
/** After a refusal the window returns at once to this share of what the server accepted. */
const SAFE_SHARE = 0.99
/** Rounds without a refusal until the window is one request wider than that. */
const CALM_ROUNDS = 50
/** The window does not grow while answers take this many times as long as at best. */
const SLOWEST = 4
/** Weight of the newest answer in the running mean of latencies. */
const NEWEST = 0.1

/** What the window must know about an answer. */
export interface Success {
  /** The era in which the request was sent. */
  era: number
  /** True if the window was full at the time. */
  full: boolean
  /** Requests of one kind take about as long as each other. */
  kind: string
  latencyMs: number
}

/**
 * Decides how many requests may be in flight. The window starts small, doubles each round (as many answers as the
 * window is wide) and shrinks at a refusal. Then it quickly returns to just below what the server accepted, and grows
 * beyond that as CUBIC does (RFC 9438): slowly at first, then faster as long as all goes well. If a server queues
 * requests instead of refusing them, its latency shows that more requests would only wait.
 */
export class AdaptiveWindow {
  readonly #largest: number
  #size: number
  /** Requests in flight that the server took when it refused the others. */
  #taken = Number.POSITIVE_INFINITY
  /** It counts as having taken no fewer. */
  #leastTaken = 1
  #rounds = 0
  #era = 0
  /** By kind of request, in milliseconds. */
  readonly #latencies = new Map<string, { mean: number; best: number }>()

  constructor({ largest }: { largest: number }) {
    this.#largest = largest
    this.#size = Math.min(FIRST_SIZE, largest)
  }

  /** How many requests may be in flight: a whole number. */
  get size(): number {
    return Math.round(this.#size)
  }

  /** Changes when the window shrinks: refusals of requests of one era have one cause. */
  get era(): number {
    return this.#era
  }

  /** A request was answered. */
  succeeded({ era, full, kind, latencyMs }: Success): void {
    const slow = this.#isSlow(kind, latencyMs)
    if (era !== this.#era || !full || slow) return
    this.#size = Math.min(this.#largest, this.#grown())
  }

  /** A request of this era was refused for being one too many. Those refused together are one refusal. */
  refused({ era }: { era: number }): void {
    if (era === this.#era) {
      this.#era++
      this.#rounds = 0
      this.#taken = this.size
      this.#leastTaken = Math.max(1, DEEPEST_FALL * this.#size)
      this.#size = Math.max(1, FALL * this.#size)
    }
    // Each refused request of the same round reduces the number that was accepted.
    if (era === this.#era - 1) {
      this.#taken = Math.max(this.#leastTaken, this.#taken - 1)
      this.#size = Math.min(this.#size, this.#safe)
    }
  }

  /** Whether answers of a kind now take much longer than at best. */
  #isSlow(kind: string, latencyMs: number): boolean {
    const { mean: before, best } = this.#latencies.get(kind) ?? { mean: latencyMs, best: latencyMs }
    const mean = before + NEWEST * (latencyMs - before)
    this.#latencies.set(kind, { mean, best: Math.min(best, mean) })
    return mean > SLOWEST * best
  }

  /** Just below what the server accepted. */
  get #safe(): number {
    return Math.max(1, SAFE_SHARE * this.#taken)
  }

  #grown(): number {
    const safe = this.#safe
    if (this.#size < safe) return Math.min(safe, this.#size + 1)
    this.#rounds += 1 / this.#size
    return Math.max(this.#size, safe + (this.#rounds / CALM_ROUNDS) ** 3)
  }
}
