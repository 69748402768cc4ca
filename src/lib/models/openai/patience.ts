import { ReversalError } from '../../support/errors.ts'
import type { Failure } from './failures.ts'

const MOST_FAILURES = 10
const LONGEST_BACKOFF_MS = 30_000
/** A server that asks for a longer wait, or for many that add up to more, is left for another time. */
const LONGEST_WAIT_MS = 3_600_000

/** How long to wait before a request is sent again, and when to give it up. */
export class Patience {
  readonly #backoffMs: number
  #failures = 0
  #refusals = 0
  #waitedMs = 0

  constructor({ backoffMs }: { backoffMs: number }) {
    this.#backoffMs = backoffMs
  }

  /**
   * Milliseconds until the next attempt: what the server asks for, else twice as long at each repetition, less up
   * to a quarter by chance, so that requests that failed together do not come back together. Throws the
   * failure's error where there is no next attempt.
   */
  after({ kind, error, retryAfterMs }: Failure): number {
    if (kind === 'final') throw error
    const repetition = kind === 'throttled' ? this.#refusals++ : this.#failures++
    if (this.#failures >= MOST_FAILURES) throw givenUp(error, `It failed ${MOST_FAILURES} times.`)
    const backoff = Math.min(LONGEST_BACKOFF_MS, this.#backoffMs * 2 ** repetition)
    const ms = retryAfterMs ?? backoff * (1 - Math.random() / 4)
    if (kind === 'throttled') this.#waitedMs += ms
    if (this.#waitedMs > LONGEST_WAIT_MS || ms > LONGEST_WAIT_MS) {
      throw givenUp(
        error,
        `It asks for a wait of ${Math.ceil(Math.max(this.#waitedMs, ms) / 60_000)} minutes.`,
      )
    }
    return ms
  }
}

function givenUp({ message, code }: ReversalError, reason: string): ReversalError {
  return new ReversalError(`${message} ${reason}`, {
    code,
    suggestions: ['go on later: what was done is kept'],
  })
}
