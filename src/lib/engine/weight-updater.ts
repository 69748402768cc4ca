import { chunksByWeight } from '../support/chunks.ts'
import type { AdamWArrays, AdamWStep } from './adamw.ts'
import { adamWCoefficients, updatePlainly } from './adamw.ts'
import type { AdamWKernel } from './adamw-kernel.ts'
import { compileAdamW, instantiateAdamW } from './adamw-kernel.ts'
import type { WasmMemory, WasmModule } from './wasm.ts'
import { createMemory, MOST_MEMORY_BYTES } from './wasm.ts'

/** A weight to train: how many numbers it has, and whether it decays. */
export interface TrainedWeight {
  length: number
  decayed: boolean
}

interface Updatable {
  arrays: AdamWArrays
  update(step: AdamWStep): void
}

/** Bytes of arrays that share a memory; those of one weight may be more. */
const MEMORY_BYTES = 2 ** 30
/** Arrays begin where a line of the processor's cache does. */
const LINE_BYTES = 64

/**
 * The arrays of weights in training, in memory that ONNX Runtime and WebAssembly both see, and AdamW over them. Those
 * that no such memory can hold are updated by JavaScript, to the same bits.
 */
export class WeightUpdater {
  /** In the order of the weights; all zeros at the start. */
  readonly arrays: readonly AdamWArrays[]
  readonly #updatables: readonly Updatable[]

  constructor(weights: readonly TrainedWeight[]) {
    const module = compileAdamW()
    this.#updatables = chunksByWeight(weights, { most: MEMORY_BYTES, weightOf: bytesOf }).flatMap((group) => {
      const bytes = group.reduce((total, weight) => total + bytesOf(weight), 0)
      const memory = bytes <= MOST_MEMORY_BYTES ? createMemory(bytes) : undefined
      return memory === undefined ? group.map(createPlainly) : createIn(memory, { group, module })
    })
    this.arrays = this.#updatables.map(({ arrays }) => arrays)
  }

  /** Take a step by the gradients. */
  update(step: AdamWStep): void {
    for (const updatable of this.#updatables) updatable.update(step)
  }
}

function createIn(
  memory: WasmMemory,
  { group, module }: { group: readonly TrainedWeight[]; module: WasmModule },
): Updatable[] {
  const kernel = instantiateAdamW(module, memory)
  let next = 0
  return group.map((weight) => {
    const start = next
    next += bytesOf(weight)
    return createAt(memory, { kernel, start, weight })
  })
}

function createAt(
  memory: WasmMemory,
  { kernel, start, weight }: { kernel: AdamWKernel; start: number; weight: TrainedWeight },
): Updatable {
  const { length, decayed } = weight
  const places = [0, 1, 2, 3].map((index) => start + (index * bytesOf(weight)) / 4) as Four<number>
  const [own, sum, squareSum, gradient] = places.map(
    (place) => new Float32Array(memory.buffer, place, length),
  ) as Four<Float32Array>
  const end = start + length * Float32Array.BYTES_PER_ELEMENT
  return {
    arrays: { weight: own, sum, squareSum, gradient },
    update(step) {
      const { keep, rate, epsilon } = adamWCoefficients(step, { decayed })
      // Of an odd number of values the last goes with the zero behind it, which stays zero.
      kernel(...places, end, keep, rate, epsilon)
    },
  }
}

type Four<T> = [T, T, T, T]

function createPlainly({ length, decayed }: TrainedWeight): Updatable {
  const array = () => new Float32Array(length)
  const arrays = { weight: array(), sum: array(), squareSum: array(), gradient: array() }
  return { arrays, update: (step) => updatePlainly(arrays, adamWCoefficients(step, { decayed })) }
}

/** Of a weight's four arrays. */
function bytesOf({ length }: TrainedWeight): number {
  return 4 * LINE_BYTES * Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / LINE_BYTES)
}
