import { AdaptiveWindow } from './adaptive-window.ts'
import { RateBudget } from './rate-budget.ts'
import { readRateLimit } from './rate-headers.ts'

/** The longest that a timer of Node can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Leave to send one request. */
export interface Pass {
  sentAt: number
  era: number
  marks: { requests: number; tokens: number }
}

/** How a request ended. */
export interface Ending {
  /** `throttled`: the server was asked too much; `failed`: anything else that says nothing of its load. */
  outcome: 'answered' | 'throttled' | 'failed'
  headers?: Headers | undefined
  /** The server wants nothing for so many milliseconds. */
  pauseMs?: number | undefined
}

interface Waiting {
  tokens: number
  admit: (pass: Pass) => void
}

/** Lets requests through as many at once and as fast as their server takes them, first come, first served. */
export class RequestGate {
  readonly #window: AdaptiveWindow
  readonly #budgets = { requests: new RateBudget(), tokens: new RateBudget() }
  readonly #queue: Waiting[] = []
  #inFlight = 0
  #pausedUntil = 0
  #timer: NodeJS.Timeout | undefined

  constructor({ concurrency }: { concurrency: number }) {
    this.#window = new AdaptiveWindow({ largest: concurrency })
  }

  /** Wait for leave to send a request that will be charged for so many tokens. Rejects with the signal's reason. */
  enter({ tokens, signal }: { tokens: number; signal?: AbortSignal | undefined }): Promise<Pass> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const admit = (pass: Pass) => {
        signal?.removeEventListener('abort', giveUp)
        resolve(pass)
      }
      const waiting = { tokens, admit }
      const giveUp = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        this.#admit()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#queue.push(waiting)
      this.#admit()
    })
  }

  /** Tell how the request of a pass ended. */
  leave({ sentAt, era, marks }: Pass, { outcome, headers, pauseMs = 0 }: Ending): void {
    const now = Date.now()
    const full = this.#inFlight >= this.#window.size
    this.#inFlight--
    if (outcome === 'answered') this.#window.succeeded({ era, full, latencyMs: now - sentAt })
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
      const { tokens, admit } = this.#queue[0]!
      const now = Date.now()
      const { requests, tokens: minuteTokens } = this.#budgets
      const readyAt = Math.max(this.#pausedUntil, requests.readyAt(1, now), minuteTokens.readyAt(tokens, now))
      if (readyAt > now) {
        this.#timer = setTimeout(() => this.#admit(), Math.min(LONGEST_TIMER_MS, readyAt - now))
        return
      }
      this.#queue.shift()
      this.#inFlight++
      const marks = { requests: requests.spend(1, now), tokens: minuteTokens.spend(tokens, now) }
      admit({ sentAt: now, era: this.#window.era, marks })
    }
  }
}
