/** Low-rank adaptation (arXiv 2106.09685): y = xWᵀ + s·(xAᵀ)Bᵀ; only A [r, inputs] and B [outputs, r] are trained. */
import { PythonRandom } from '../../support/python-random.ts'
import type { Arrays, NamedArray } from '../weights.ts'
import { elements } from '../weights.ts'
import type { PretrainedConfig } from './architecture.ts'
import type { LinearNames, WeightSpec } from './parameters.ts'
import { decoderNames, linearLayers } from './parameters.ts'

export interface AdapterSettings {
  rank: number
  alpha: number
  /** Last parts of the modules that are adapted, such as `q_proj`. */
  targets: readonly string[]
  /** True for a scale of α / √r (arXiv 2312.03732), not α / r. */
  rankStabilized?: boolean
}

/** Factors by the names that PEFT gives them in its file. */
export interface Adapter {
  settings: AdapterSettings
  factors: Arrays
}

/** Last parts of the names of all linear layers, for `--lora-targets all`. */
export function allTargets(config: PretrainedConfig): string[] {
  return [...new Set(linearLayers(decoderNames(config)).map(({ module }) => lastPart(module)))]
}

export function adapterScaling({ rank, alpha, rankStabilized = false }: AdapterSettings): number {
  return alpha / (rankStabilized ? Math.sqrt(rank) : rank)
}

/** The linear layers that have factors. */
export function adapterModules(config: PretrainedConfig, { targets }: AdapterSettings): LinearNames[] {
  return linearLayers(decoderNames(config)).filter(({ module }) => targets.includes(lastPart(module)))
}

/** PEFT's names of a module's factors. */
export function factorNames(module: string): { a: string; b: string } {
  const own = `base_model.model.${module}`
  return { a: `${own}.lora_A.weight`, b: `${own}.lora_B.weight` }
}

export function adapterSpecs(config: PretrainedConfig, settings: AdapterSettings): WeightSpec[] {
  return adapterModules(config, settings).flatMap(({ module, inputs, outputs }) => {
    const { a, b } = factorNames(module)
    return [
      { name: a, shape: [settings.rank, inputs] },
      { name: b, shape: [outputs, settings.rank] },
    ]
  })
}

/** Factors as PEFT initializes them: A uniform within ±1/√inputs, B zero, so that the model starts unchanged. */
export function initialFactors(config: PretrainedConfig, settings: AdapterSettings, seed: number): Arrays {
  const random = new PythonRandom(seed)
  return new Map(
    adapterSpecs(config, settings).map(({ name, shape }) => {
      const data = new Float32Array(elements(shape))
      const bound = 1 / Math.sqrt(shape[1]!)
      if (name.includes('.lora_A.'))
        for (let i = 0; i < data.length; i++) data[i] = bound * (2 * random.random() - 1)
      return [name, { shape, data }]
    }),
  )
}

/** Adds what an adapter does to the weights themselves, in place: W += s·B·A. */
export function mergeAdapter(
  config: PretrainedConfig,
  weights: Arrays,
  { settings, factors }: Adapter,
): void {
  const scaling = adapterScaling(settings)
  for (const { module, inputs, outputs, inputsFirst } of adapterModules(config, settings)) {
    const names = factorNames(module)
    const { data } = weights.get(`${module}.weight`)!
    const change = product(factors.get(names.b)!, factors.get(names.a)!) // [outputs, inputs]
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        const at = inputsFirst ? i * outputs + o : o * inputs + i
        data[at] = data[at]! + scaling * change[o * inputs + i]!
      }
    }
  }
}

/** b [n, r] times a [r, m]. */
function product(b: NamedArray, a: NamedArray): Float32Array {
  const [n, rank] = b.shape as [number, number]
  const m = a.shape[1]!
  const result = new Float32Array(n * m)
  for (let row = 0; row < n; row++) {
    for (let k = 0; k < rank; k++) {
      const factor = b.data[row * rank + k]!
      for (let column = 0; column < m; column++) {
        result[row * m + column] = result[row * m + column]! + factor * a.data[k * m + column]!
      }
    }
  }
  return result
}

function lastPart(module: string): string {
  return module.slice(module.lastIndexOf('.') + 1)
}
