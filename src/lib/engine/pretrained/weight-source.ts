/** Weights that are read one by one, so that a model is never in memory twice. */
import type { Arrays, NamedArray } from '../weights.ts'
import type { PretrainedConfig } from './architecture.ts'
import { FormatError } from './failures.ts'
import { weightSpecs } from './parameters.ts'

export interface WeightSource {
  names(): ReadonlySet<string>
  /** The shape of a weight, without reading it. Throws FormatError if its type is unknown or its file is cut off. */
  shapeOf(name: string): readonly number[]
  /** A weight in float32. Throws FormatError if its type is unknown. */
  read(name: string): Promise<NamedArray>
}

/** Checks, without reading them, that no weight is missing. Throws FormatError as `readWeights`. */
export function checkWeights(config: PretrainedConfig, source: WeightSource): void {
  for (const { name, shape } of weightSpecs(config)) {
    if (!source.names().has(name)) throw new FormatError(`the weight ${name} is missing`)
    refuseOtherShape(name, source.shapeOf(name), shape)
  }
}

/** All weights of a decoder. Throws FormatError if one is missing or has another shape. */
export async function readWeights(
  config: PretrainedConfig,
  source: WeightSource,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Arrays> {
  const weights: Arrays = new Map()
  checkWeights(config, source)
  for (const { name, shape } of weightSpecs(config)) {
    signal?.throwIfAborted()
    const { shape: found, data } = await source.read(name)
    refuseOtherShape(name, found, shape)
    weights.set(name, { shape, data })
  }
  return weights
}

function refuseOtherShape(name: string, found: readonly number[], shape: readonly number[]): void {
  if (found.join() === shape.join()) return
  throw new FormatError(
    `the weight ${name} has the shape [${found}], and the configuration asks for [${shape}]`,
  )
}
