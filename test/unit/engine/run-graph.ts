import * as ort from 'onnxruntime-node'
import { createSession } from '../../../src/lib/engine/device.ts'
import type { Graph } from '../../../src/lib/engine/graph.ts'
import type { NamedArray } from '../../../src/lib/engine/weights.ts'
import { elements } from '../../../src/lib/engine/weights.ts'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'

export type Values = Record<string, NamedArray | { shape: readonly number[]; data: BigInt64Array }>

/** Make a graph ready; the function runs it and gives the outputs by name. */
export async function compile(
  graph: Graph,
  { threads = 1 } = {},
): Promise<(values: Values) => Promise<Record<string, Float32Array>>> {
  const session = await createSession(graph.build(), { threads })
  return async (values) => {
    const feeds = Object.entries(values).map(([name, { shape, data }]) => [
      name,
      data instanceof Float32Array
        ? new ort.Tensor('float32', data, shape)
        : new ort.Tensor('int64', data, shape),
    ])
    const outputs = await session.run(Object.fromEntries(feeds))
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]))
  }
}

/** Numbers between −1 and 1, the same for the same seed. */
export function randomArray(shape: readonly number[], seed: number): NamedArray {
  const random = new PythonRandom(seed)
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => 2 * random.random() - 1) }
}

/** Whole numbers as an int64 array. */
export function integerArray(shape: readonly number[], values: readonly number[]) {
  return { shape, data: BigInt64Array.from(values, BigInt) }
}
