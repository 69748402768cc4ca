import { PythonRandom } from '../../../src/lib/support/python-random.ts'
import { ApiError } from './api-error.ts'

/** Shares of the requests that go wrong, drawn in the order of arrival. */
export interface FaultOptions {
  /** Answered 429. */
  throttled?: number
  /** Answered 500. */
  failed?: number
  /** Done, and the connection cut before or within the answer. */
  cut?: number
  /** Done, and never answered. */
  silent?: number
  /** Done, and answered 500 all the same. */
  failedLate?: number
  /** Done, and answered 503, 409 or 429 in turn, as a gateway that loses the connection behind it does. */
  refusedLate?: number
  /** Done, and answered 200 with other JSON, an empty body or a web page in turn. */
  unreadable?: number
  seed?: number
  /** `Retry-After` of 429 answers; none by default. */
  retryAfterMs?: number
  /** Which requests: a pattern for `METHOD /path`; by default the completions of both APIs. */
  on?: RegExp
}

const KINDS = ['throttled', 'failed', 'cut', 'silent', 'failedLate', 'refusedLate', 'unreadable'] as const

/** Statuses that replace an answer. */
const REFUSALS = [503, 409, 429]
const UNREADABLE = [{ hello: 1 }, '', '<html><body>Bad gateway</body></html>']

export type Fault = (typeof KINDS)[number]

/** Decides, from a seed, which request goes wrong and how. */
export class Faults {
  readonly #options: FaultOptions
  readonly #random: PythonRandom
  #answers = 0

  constructor(options: FaultOptions) {
    this.#options = options
    this.#random = new PythonRandom(options.seed ?? 0)
  }

  draw(request: string): Fault | undefined {
    const { on = /^POST .*completions$/ } = this.#options
    if (!on.test(request)) return undefined
    let rest = this.#random.random()
    return KINDS.find((kind) => {
      rest -= this.#options[kind] ?? 0
      return rest < 0
    })
  }

  /** The answer after a fault; throws if that is a refusal. */
  distort(fault: Fault | undefined, answer: unknown): unknown {
    if (fault === 'failedLate') throw new ApiError(500, 'Failed after all.', { type: 'server_error' })
    if (fault === 'refusedLate') throw new ApiError(pick(REFUSALS, this.#answers++), 'Refused after all.')
    return fault === 'unreadable' ? pick(UNREADABLE, this.#answers++) : answer
  }
}

function pick<T>(values: readonly T[], turn: number): T {
  return values[turn % values.length]!
}
