/** Weights that are read one by one, so that a model never lies in memory twice. */
import type { Arrays, NamedArray } from '../weights.ts'
import type { PretrainedConfig } from './architecture.ts'
import { FormatError } from './failures.ts'
import { weightSpecs } from './parameters.ts'

export interface WeightSource {
  names(): ReadonlySet<string>
  /** A weight in float32. Throws FormatError where its type is unknown. */
  read(name: string): Promise<NamedArray>
}

/** All weights that a decoder has. Throws FormatError where one is missing or of another shape. */
export async function readWeights(
  config: PretrainedConfig,
  source: WeightSource,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Arrays> {
  const weights: Arrays = new Map()
  for (const { name, shape } of weightSpecs(config)) {
    signal?.throwIfAborted()
    if (!source.names().has(name)) throw new FormatError(`the weight ${name} is missing`)
    const { shape: found, data } = await source.read(name)
    if (found.join() !== shape.join()) {
      throw new FormatError(
        `the weight ${name} has the shape [${found}], and the configuration asks for [${shape}]`,
      )
    }
    weights.set(name, { shape, data })
  }
  return weights
}
