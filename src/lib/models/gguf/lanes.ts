import { availableParallelism } from 'node:os'
import { ReversalError } from '../../support/errors.ts'
import type { Lane } from './lane.ts'

/** Each lane takes memory of its own. */
const MOST = 8

/**
 * How many texts are computed at a time, and the threads of each. Threads of one text wait for each other busily, which
 * a loaded machine punishes; texts side by side need not wait, so that each has one thread while there are no more
 * threads than lanes. Without a number of threads one core is left to others. On a GPU the texts would only wait.
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

/** Gives pieces of work to lanes as these get free, first come, first served. */
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

  /** Do work in a lane. If memory runs out and there are other lanes, this lane is closed permanently. */
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
