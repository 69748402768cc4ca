import { PythonRandom } from '../../../src/lib/support/python-random.ts'

/** Shares of the requests that go wrong, drawn in the order in which they come. */
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
  seed?: number
  /** How long those answered 429 are told to wait; they are told nothing where it is not given. */
  retryAfterMs?: number
  /** Which requests: a pattern on `METHOD /path`; the completions of both APIs where it is not given. */
  on?: RegExp
}

const KINDS = ['throttled', 'failed', 'cut', 'silent', 'failedLate'] as const

export type Fault = (typeof KINDS)[number]

/** Decides, from a seed, which request goes wrong and how. */
export class Faults {
  readonly #options: FaultOptions
  readonly #random: PythonRandom

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
}
