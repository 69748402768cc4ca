import { AdaptiveWindow } from './adaptive-window.ts'
import { RateBudget } from './rate-budget.ts'
import { readRateLimit } from './rate-headers.ts'

/** The longest that a timer of Node can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Permission to send one request. */
export interface Pass {
  kind: string
  sentAt: number
  era: number
  marks: { requests: number; tokens: number }
}

/** How a request ended. */
export interface RequestEnding {
  /** `throttled`: too many requests for the server; `failed`: any other failure, which says nothing about its load. */
  outcome: 'answered' | 'throttled' | 'failed'
  headers?: Headers | undefined
  /** How long the server wants no requests, in ms. */
  pauseMs?: number | undefined
}

/** What the gate must know about a request. */
export interface Entrant {
  /** Tokens that the server will count against its limit. */
  tokens: number
  /** Requests of one kind take about as long as each other. */
  kind: string
  /** Goes before all that wait. */
  urgent?: boolean
}

interface Waiting extends Entrant {
  admit: (pass: Pass) => void
}

/** Lets requests through as many at once and as fast as their server takes them, first come, first served. */
export class RequestGate {
  readonly #window: AdaptiveWindow
  readonly #budgets = { requests: new RateBudget(), tokens: new RateBudget() }
  readonly #queue: Waiting[] = []
  readonly #onWait: (ms: number) => void
  #inFlight = 0
  #pausedUntil = 0
  #timer: NodeJS.Timeout | undefined

  /** `onWait` is called with the length of the pause each time that requests must wait for a limit per minute. */
  constructor({ concurrency, onWait }: { concurrency: number; onWait: (ms: number) => void }) {
    this.#window = new AdaptiveWindow({ largest: concurrency })
    this.#onWait = onWait
  }

  /** True if the server accepts only one request at a time. */
  get alone(): boolean {
    return this.#window.size <= 1
  }

  /** Waits for permission to send a request. Rejects with the signal's reason. */
  enter(entrant: Entrant, signal?: AbortSignal): Promise<Pass> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const admit = (pass: Pass) => {
        signal?.removeEventListener('abort', giveUp)
        resolve(pass)
      }
      const waiting = { ...entrant, admit }
      const giveUp = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        this.#admit()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      if (entrant.urgent) this.#queue.unshift(waiting)
      else this.#queue.push(waiting)
      this.#admit()
    })
  }

  /** Reports how the request of a pass ended. */
  leave({ kind, sentAt, era, marks }: Pass, { outcome, headers, pauseMs = 0 }: RequestEnding): void {
    const now = Date.now()
    const full = this.#inFlight >= this.#window.size
    this.#inFlight--
    if (outcome === 'answered') this.#window.succeeded({ era, full, kind, latencyMs: now - sentAt })
    if (outcome === 'throttled') this.#window.refused({ era })
    for (const kind of ['requests', 'tokens'] as const) {
      const reading = headers && readRateLimit(headers, kind)
      if (reading) this.#budgets[kind].learn(reading, { mark: marks[kind], sentAt })
    }
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs)
    this.#admit()
  }

  #admit(): void {
    clearTimeout(this.#timer)
    while (this.#queue.length > 0 && this.#inFlight < this.#window.size) {
      const { tokens, kind, admit } = this.#queue[0]!
      const now = Date.now()
      const { requests, tokens: minuteTokens } = this.#budgets
      const limitedUntil = Math.max(requests.readyAt(1, now), minuteTokens.readyAt(tokens, now))
      const readyAt = Math.max(this.#pausedUntil, limitedUntil)
      if (readyAt > now) {
        this.#timer = setTimeout(() => this.#admit(), Math.min(LONGEST_TIMER_MS, readyAt - now))
        if (limitedUntil > this.#pausedUntil) this.#onWait(limitedUntil - now)
        return
      }
      this.#queue.shift()
      this.#inFlight++
      const marks = { requests: requests.spend(1, now), tokens: minuteTokens.spend(tokens, now) }
      admit({ kind, sentAt: now, era: this.#window.era, marks })
    }
  }
}
