import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { chunksByWeight } from '../support/chunks.ts'
import { siblingModule } from '../support/sibling-module.ts'
import type { AdamWArrays, AdamWStep } from './adamw.ts'
import { adamWCoefficients, updatePlainly } from './adamw.ts'
import { compileAdamW } from './adamw-kernel.ts'
import type { SharedUpdate, WeightPiece } from './update-pieces.ts'
import { PieceUpdater, shareUpdate } from './update-pieces.ts'
import type { WasmMemory } from './wasm.ts'
import { createMemory, MOST_MEMORY_BYTES } from './wasm.ts'

/** A weight to train: how many numbers it has, and whether it decays. */
export interface TrainedWeight {
  length: number
  decayed: boolean
}

/** Bytes of arrays that share a memory; those of one weight may be more. */
const MEMORY_BYTES = 2 ** 30
/** Arrays begin where a line of the processor's cache does. */
const LINE_BYTES = 64
/** Of one array; some 10 µs of work. */
const PIECE_BYTES = 2 ** 15
/** So many threads take as much from memory as it gives. */
const MOST_THREADS = 4
/** Fewer pieces are done before a worker is awake. */
const FEW_PIECES = 16

const WORKER = siblingModule('./update-worker', import.meta.url)

/**
 * The arrays of weights in training, in memory that ONNX Runtime and WebAssembly both see, and AdamW over them by several
 * threads. Those that no such memory can hold are updated by JavaScript, to the same bits.
 */
export class WeightUpdater {
  /** In the order of the weights; all zeros at the start. */
  readonly arrays: readonly AdamWArrays[]
  readonly #plain: readonly { arrays: AdamWArrays; decayed: boolean }[]
  readonly #pieces: PieceUpdater
  readonly #workers: readonly Worker[]

  constructor(
    weights: readonly TrainedWeight[],
    { threads = availableParallelism() }: { /** As of `DeviceOptions`. */ threads?: number | undefined } = {},
  ) {
    const memories: WasmMemory[] = []
    const placed = chunksByWeight(weights, { most: MEMORY_BYTES, weightOf: bytesOf }).flatMap((group) => {
      const bytes = group.reduce((total, weight) => total + bytesOf(weight), 0)
      const memory = bytes <= MOST_MEMORY_BYTES ? createMemory(bytes) : undefined
      if (memory === undefined) return group.map(placePlainly)
      memories.push(memory)
      return placeIn(memory, { group, index: memories.length - 1 })
    })
    this.arrays = placed.map(({ arrays }) => arrays)
    this.#plain = placed.flatMap(({ arrays, pieces }, index) =>
      pieces === undefined ? [{ arrays, decayed: weights[index]!.decayed }] : [],
    )
    const pieces = placed.flatMap((place) => place.pieces ?? [])
    const shared = shareUpdate({ module: compileAdamW(), memories, pieces })
    this.#pieces = new PieceUpdater(shared)
    const helpers = pieces.length > FEW_PIECES ? Math.min(threads, MOST_THREADS) - 1 : 0
    this.#workers = Array.from({ length: helpers }, () => startWorker(shared))
  }

  /** Take a step by the gradients. */
  update(step: AdamWStep): void {
    this.#pieces.step(adamWCoefficients(step, { decayed: true }))
    for (const { arrays, decayed } of this.#plain) updatePlainly(arrays, adamWCoefficients(step, { decayed }))
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

function startWorker(shared: SharedUpdate): Worker {
  const worker = new Worker(WORKER, { workerData: shared, execArgv: [] })
  // A worker that does not start is one thread fewer.
  worker.on('error', () => {})
  worker.unref()
  return worker
}

interface Placed {
  arrays: AdamWArrays
  /** Absent where JavaScript updates the arrays. */
  pieces?: WeightPiece[]
}

function placeIn(
  memory: WasmMemory,
  { group, index }: { group: readonly TrainedWeight[]; index: number },
): Placed[] {
  let next = 0
  return group.map((weight) => {
    const start = next
    next += bytesOf(weight)
    const starts = [0, 1, 2, 3].map((array) => start + (array * bytesOf(weight)) / 4) as Four<number>
    const [own, sum, squareSum, gradient] = starts.map(
      (place) => new Float32Array(memory.buffer, place, weight.length),
    ) as Four<Float32Array>
    return {
      arrays: { weight: own, sum, squareSum, gradient },
      pieces: cut(starts, { ...weight, memory: index }),
    }
  })
}

/** Of an odd number of values the last goes with the zero behind it, which stays zero. */
function cut(
  starts: Four<number>,
  { length, decayed, memory }: TrainedWeight & { memory: number },
): WeightPiece[] {
  const bytes = length * Float32Array.BYTES_PER_ELEMENT
  return Array.from({ length: Math.ceil(bytes / PIECE_BYTES) }, (_, index) => {
    const from = index * PIECE_BYTES
    const addresses = starts.map((start) => start + from) as Four<number>
    return { memory, addresses: [...addresses, starts[0] + Math.min(from + PIECE_BYTES, bytes)], decayed }
  })
}

type Four<T> = [T, T, T, T]

function placePlainly({ length }: TrainedWeight): Placed {
  const array = () => new Float32Array(length)
  return { arrays: { weight: array(), sum: array(), squareSum: array(), gradient: array() } }
}

/** Of a weight's four arrays. */
function bytesOf({ length }: TrainedWeight): number {
  return 4 * LINE_BYTES * Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / LINE_BYTES)
}
