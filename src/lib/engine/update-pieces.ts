import type { AdamWCoefficients } from './adamw.ts'
import type { AdamWKernel } from './adamw-kernel.ts'
import { instantiateAdamW } from './adamw-kernel.ts'
import type { WasmMemory, WasmModule } from './wasm.ts'

/** Consecutive values of one weight, to be updated by one thread. */
export interface WeightPiece {
  /** Index of the memory. */
  memory: number
  /** Addresses of the weight, its two sums and its gradient, and where the weight ends. */
  addresses: readonly [weight: number, sum: number, squareSum: number, gradient: number, end: number]
  decayed: boolean
}

/** What all threads of an update have in common; a worker is given it. */
export interface SharedUpdate {
  module: WasmModule
  memories: readonly WasmMemory[]
  pieces: readonly WeightPiece[]
  /** Counters by `STEP`, `NEXT` and `DONE`. */
  counters: Int32Array
  /** The numbers of the current step: keep of decayed weights, rate, epsilon. */
  coefficients: Float64Array
}

/** Steps begun; workers sleep until it changes. */
export const STEP = 0
/** The first piece that no thread has taken. */
export const NEXT = 1
/** Pieces that are updated. */
export const DONE = 2

export function shareUpdate(parts: Pick<SharedUpdate, 'module' | 'memories' | 'pieces'>): SharedUpdate {
  const counters = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT))
  // Before the first step there is nothing to take.
  counters[NEXT] = parts.pieces.length
  const coefficients = new Float64Array(new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT))
  return { ...parts, counters, coefficients }
}

/**
 * One thread's view of an update. Threads take pieces as they get to them, so that one which the system holds up delays
 * the others by a piece at most; which thread updates a piece makes no difference to its bits.
 */
export class PieceUpdater {
  readonly #shared: SharedUpdate
  readonly #kernels: readonly AdamWKernel[]

  constructor(shared: SharedUpdate) {
    this.#shared = shared
    this.#kernels = shared.memories.map((memory) => instantiateAdamW(shared.module, memory))
  }

  /** Take a step, with the workers that are awake; returns when all pieces are updated. */
  step({ keep, rate, epsilon }: AdamWCoefficients): void {
    const { counters, coefficients, pieces } = this.#shared
    coefficients.set([keep, rate, epsilon])
    Atomics.store(counters, DONE, 0)
    Atomics.store(counters, NEXT, 0)
    Atomics.add(counters, STEP, 1)
    Atomics.notify(counters, STEP)
    this.#takePieces()
    for (;;) {
      const done = Atomics.load(counters, DONE)
      if (done === pieces.length) return
      Atomics.wait(counters, DONE, done)
    }
  }

  /** Help with every step from now on; never returns. */
  help(): never {
    const { counters } = this.#shared
    for (;;) {
      const step = Atomics.load(counters, STEP)
      this.#takePieces()
      Atomics.wait(counters, STEP, step)
    }
  }

  #takePieces(): void {
    const { counters, coefficients, pieces } = this.#shared
    for (;;) {
      const piece = pieces[Atomics.add(counters, NEXT, 1)]
      if (piece === undefined) return
      // Only now: a worker that was late for the last step may have taken a piece of this one.
      const [keep, rate, epsilon] = coefficients as unknown as [number, number, number]
      const kernel = this.#kernels[piece.memory]!
      kernel(...piece.addresses, piece.decayed ? keep : 1, rate, epsilon)
      const done = Atomics.add(counters, DONE, 1) + 1
      if (done === pieces.length) Atomics.notify(counters, DONE)
    }
  }
}
