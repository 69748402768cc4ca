import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Graph } from '../../../../src/lib/engine/graph.ts'
import type { PretrainedConfig } from '../../../../src/lib/engine/pretrained/architecture.ts'
import { decoder, decoderLogits } from '../../../../src/lib/engine/pretrained/decoder-graph.ts'
import { decodeFloat } from '../../../../src/lib/engine/pretrained/element-types.ts'
import { weightSpecs } from '../../../../src/lib/engine/pretrained/parameters.ts'
import { readBytes, readSafetensorsHeader } from '../../../../src/lib/engine/safetensors.ts'
import { causalMask } from '../../../../src/lib/engine/transformer.ts'
import type { Arrays } from '../../../../src/lib/engine/weights.ts'
import { compile, integerArray } from '../run-graph.ts'

export const FIXTURES = fileURLToPath(new URL('../../../fixtures/pretrained', import.meta.url))
/** Folders with a small random model of each kind (make-models.py). */
export const MODELS = ['llama', 'llama3', 'qwen2', 'qwen3', 'gpt2']

export interface Golden {
  rate: number
  /** Tokens of the texts that were trained on, their ends included. */
  sequences: number[][]
  /** Losses of twenty steps on all weights and on LoRA's factors. */
  full: number[]
  lora: number[]
  encodings: { text: string; ids: number[]; decoded: string }[]
  /** Tokens [2, 8] of `logits` and `adapted_logits`. */
  ids: number[][]
  arrays: Arrays
}

/** What transformers, PEFT and tokenizers gave for a model. */
export async function readGolden(name: string): Promise<Golden> {
  const json = JSON.parse(await readFile(join(FIXTURES, name, 'golden.json'), 'utf8'))
  return { ...json, ...(await readGoldenArrays(join(FIXTURES, name, 'golden.safetensors'))) }
}

async function readGoldenArrays(path: string): Promise<Pick<Golden, 'ids' | 'arrays'>> {
  await using file = await open(path)
  const arrays: Arrays = new Map()
  let ids: number[][] = []
  for (const [name, { dtype, shape, start, end }] of (await readSafetensorsHeader(file)).arrays) {
    const bytes = await readBytes(file, start, end)
    if (dtype === 'I64') {
      const flat = Array.from(new BigInt64Array(bytes.buffer), Number)
      ids = Array.from({ length: shape[0]! }, (_, row) => flat.slice(row * shape[1]!, (row + 1) * shape[1]!))
    } else arrays.set(name, { shape, data: decodeFloat(bytes) })
  }
  return { ids, arrays }
}

/** Logits [B, T, V] of rows of tokens of one length. */
export async function logitsOf(
  config: PretrainedConfig,
  weights: Arrays,
  rows: readonly (readonly number[])[],
): Promise<Float32Array> {
  const T = rows[0]!.length
  const g = new Graph('logits')
  const tensors = new Map(
    weightSpecs(config).map(({ name, shape }) => [name, g.input(name, 'float32', shape)]),
  )
  const { states } = decoder(g, config, {
    ids: g.input('ids', 'int64', ['B', 'T']),
    positions: g.input('positions', 'int64', ['B', 'T']),
    mask: g.input('mask', 'float32', ['T', 'T']),
    weights: tensors,
  })
  g.output(decoderLogits(g, config, states, tensors), 'logits', ['B', 'T', config.vocabulary])
  const run = await compile(g)
  const shape = [rows.length, T]
  const { logits } = await run({
    ids: integerArray(shape, rows.flat()),
    positions: integerArray(
      shape,
      rows.flatMap((row) => [...row.keys()]),
    ),
    mask: { shape: [T, T], data: causalMask(T) },
    ...Object.fromEntries(weights),
  })
  return logits!
}

/** The largest difference between two arrays of one length. */
export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`${a.length} and ${b.length} numbers`)
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0)
}
