import type { TransformerConfig } from '../sizes.ts'
import type { Arrays, NamedArray } from '../weights.ts'
import { transpose } from '../weights.ts'

/** The matrices and gains of one layer in the Llama layout: matrices are [outputs, inputs]. */
export interface LlamaLayer {
  attentionNorm: NamedArray
  query: NamedArray
  key: NamedArray
  value: NamedArray
  attentionOutput: NamedArray
  hiddenNorm: NamedArray
  gate: NamedArray
  up: NamedArray
  down: NamedArray
}

export interface LlamaTensors {
  embedding: NamedArray
  layers: LlamaLayer[]
  outputNorm: NamedArray
  output: NamedArray
}

/** A model's weights in the layout that other programs know, with the rotary halves as Hugging Face has them. */
export function llamaTensors({ layers, width: D }: TransformerConfig, weights: Arrays): LlamaTensors {
  const weight = (name: string) => weights.get(name)!
  return {
    embedding: weight('embedding'),
    layers: Array.from({ length: layers }, (_, index) => {
      const own = (name: string) => weight(`layer${index}.${name}`)
      const projections = transpose(own('query_key_value')) // [3D, D]
      return {
        attentionNorm: own('attention_norm'),
        query: rows(projections, 0, D),
        key: rows(projections, D, 2 * D),
        value: rows(projections, 2 * D, 3 * D),
        attentionOutput: transpose(own('attention_output')),
        hiddenNorm: own('hidden_norm'),
        gate: transpose(own('gate')),
        up: transpose(own('up')),
        down: transpose(own('down')),
      }
    }),
    outputNorm: weight('output_norm'),
    output: transpose(weight('output')),
  }
}

/**
 * A query or key matrix for programs that rotate neighbouring elements (2i, 2i + 1) of a head, where ours rotates (i, i
 * + K/2): the rows of each head are interleaved.
 */
export function interleaveHeads({ shape, data }: NamedArray, heads: number): NamedArray {
  const [outputs, inputs] = shape as [number, number]
  const size = outputs / heads
  const moved = new Float32Array(data.length)
  for (let row = 0; row < outputs; row++) {
    const within = row % size
    const half = size / 2
    const target = row - within + (within < half ? 2 * within : 2 * (within - half) + 1)
    moved.set(data.subarray(row * inputs, (row + 1) * inputs), target * inputs)
  }
  return { shape, data: moved }
}

function rows({ shape, data }: NamedArray, start: number, end: number): NamedArray {
  const columns = shape[1]!
  return { shape: [end - start, columns], data: data.subarray(start * columns, end * columns) }
}
