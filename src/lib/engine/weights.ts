import { PythonRandom } from '../support/python-random.ts'
import type { TransformerConfig } from './sizes.ts'
import { parameterSpecs } from './transformer.ts'

/** Float32 arrays by name, in a fixed order. */
export type Arrays = Map<string, NamedArray>

export interface NamedArray {
  shape: readonly number[]
  data: Float32Array
}

/** Weights at the start of a training: normally distributed matrices, gains of one. */
export function initialWeights(config: TransformerConfig, seed: number): Arrays {
  const normal = normalNumbers(new PythonRandom(seed))
  return new Map(
    parameterSpecs(config).map(({ name, shape, deviation }) => {
      const data = new Float32Array(elements(shape))
      if (deviation === 'one') data.fill(1)
      else for (let i = 0; i < data.length; i++) data[i] = normal() * deviation
      return [name, { shape, data }]
    }),
  )
}

/** Only the weights of a training's state. */
export function weightsOf(config: TransformerConfig, state: Arrays): Arrays {
  return new Map(parameterSpecs(config).map(({ name }) => [name, state.get(name)!]))
}

/** A matrix [rows, columns] as [columns, rows]. */
export function transpose({ shape, data }: NamedArray): NamedArray {
  const [rows, columns] = shape as [number, number]
  const turned = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = data[row * columns + column]!
    }
  }
  return { shape: [columns, rows], data: turned }
}

/** Number of elements of an array of the given shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Standard normal numbers by the Box–Muller method, which makes them in pairs. */
function normalNumbers(random: PythonRandom): () => number {
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random.random()))
    const angle = 2 * Math.PI * random.random()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
