import { availableParallelism } from 'node:os'
import { ReversalError } from '../../support/errors.ts'
import type { Lane } from './lane.ts'

/** Each lane needs its own memory. */
const MOST = 8

/**
 * How many texts are computed at a time, and the threads for each. The threads of one text wait for each other in busy
 * loops, which is slow on a loaded machine; texts in parallel need not wait, so each gets one thread while there are no
 * more threads than lanes. If the user sets no number of threads, one core is left free. On a GPU, parallel texts would
 * only wait.
 */
export function planLanes({
  threads = Math.max(1, availableParallelism() - 1),
  gpu,
}: {
  threads?: number | undefined
  gpu: boolean
}): { lanes: number; threads: number } {
  const lanes = gpu ? 1 : Math.min(threads, MOST)
  return { lanes, threads: Math.floor(threads / lanes) }
}

/** Gives work to lanes as they become free, first come, first served. */
export class Lanes {
  readonly #idle: Lane[]
  readonly #waiting: ((lane: Lane) => void)[] = []
  #count: number

  constructor(lanes: readonly Lane[]) {
    this.#idle = [...lanes]
    this.#count = lanes.length
  }

  get count(): number {
    return this.#count
  }

  /** Does work in a lane. If memory runs out and there are other lanes, this lane is closed for good. */
  async use<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    const lane = this.#idle.pop() ?? (await new Promise<Lane>((resolve) => this.#waiting.push(resolve)))
    try {
      const result = await work(lane)
      this.#free(lane)
      return result
    } catch (error) {
      if (!isOutOfMemory(error) || this.#count === 1) {
        this.#free(lane)
        throw error
      }
      this.#count--
      await lane.close()
      return this.use(work)
    }
  }

  #free(lane: Lane): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(lane)
    else next(lane)
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof ReversalError && error.code === 'OUT_OF_MEMORY'
}
