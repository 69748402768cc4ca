import { PythonRandom } from '../../../src/lib/support/python-random.ts'

/**
 * A fault of a request: an answer with this status; a connection that is cut before the request is done, after it is
 * done, or in the middle of the answer; a request that is done but never answered.
 */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  | { cut: 'before' | 'after' | 'within' | 'never' }

/** A fault for the next requests of a kind. */
export interface PlannedFault {
  /** The GraphQL operation, `file_stream`, `upload`, or `any`. */
  on: string
  fault: Fault
  times?: number
}

/** Faults by chance: shares of all requests. */
export interface Chaos {
  seed: number
  shares: [share: number, fault: Fault][]
}

/** The faults on order: each is used up by the request that meets it. */
export class Faults {
  readonly #planned: Required<PlannedFault>[] = []
  #chaos: { random: PythonRandom; shares: Chaos['shares'] } | undefined
  /** Faults that were met. */
  met = 0

  plan(...faults: PlannedFault[]): void {
    this.#planned.push(...faults.map((fault) => ({ times: 1, ...fault })))
  }

  unleash({ seed, shares }: Chaos): void {
    this.#chaos = { random: new PythonRandom(seed), shares }
  }

  calm(): void {
    this.#planned.length = 0
    this.#chaos = undefined
  }

  next(kind: string): Fault | undefined {
    const fault = this.#nextPlanned(kind) ?? this.#nextByChance()
    if (fault !== undefined) this.met++
    return fault
  }

  #nextPlanned(kind: string): Fault | undefined {
    const planned = this.#planned.find(({ on, times }) => times > 0 && (on === kind || on === 'any'))
    if (planned === undefined) return undefined
    planned.times--
    return planned.fault
  }

  #nextByChance(): Fault | undefined {
    if (this.#chaos === undefined) return undefined
    let draw = this.#chaos.random.random()
    for (const [share, fault] of this.#chaos.shares) {
      if (draw < share) return fault
      draw -= share
    }
    return undefined
  }
}
