/** The forward pass of a pretrained decoder. Shapes as in operations.ts; Kv heads of keys and values, S = P + T. */
import type { Graph, Tensor } from '../graph.ts'
import type { RotaryTables } from '../operations.ts'
import {
  add,
  addBias,
  embedding,
  gelu,
  layerNorm,
  linear,
  linearTransposed,
  maskedSoftmax,
  matmul,
  mergeHeads,
  regroup,
  rmsNorm,
  rotary,
  rotaryTablesFor,
  scale,
  split,
  splitHeads,
  swiglu,
} from '../operations.ts'
import type { KeyValues, TransformerOutputs } from '../transformer.ts'
import type { PretrainedConfig } from './architecture.ts'
import { rotaryFrequencies } from './architecture.ts'
import type { DecoderNames, LayerNames, LinearNames } from './parameters.ts'
import { decoderNames } from './parameters.ts'

/** LoRA's addition to linear layers. */
export interface GraphAdapter {
  /** Factor on the addition: α / r, or α / √r. */
  scaling: number
  rank: number
  /** The two factors of a module, A [r, inputs] and B [outputs, r]; undefined if the module has none. */
  factors(module: string): { a: Tensor; b: Tensor } | undefined
}

export interface DecoderInputs {
  /** int64 [B, T]. */
  ids: Tensor
  /** int64 [B, T]. */
  positions: Tensor
  /**
   * Added to the attention scores: 0 if a position may attend to another, a large negative number otherwise; [T, S].
   */
  mask: Tensor
  weights: ReadonlyMap<string, Tensor>
  /** Keys and values of earlier positions, by layer, [B, Kv, P, K]; none in training. */
  past?: readonly KeyValues[]
  adapter?: GraphAdapter | undefined
}

/** The longest text for which rotary tables are made; prompts and training texts here are far shorter. */
const LONGEST = 4096

/** Maximum number of tokens in a text. */
export function longestText({ positions }: PretrainedConfig): number {
  return Math.min(positions, LONGEST)
}

/** The decoder without its output layer. */
export function decoder(g: Graph, config: PretrainedConfig, inputs: DecoderInputs): TransformerOutputs {
  const names = decoderNames(config)
  const builder = new DecoderBuilder(g, config, inputs)
  let x = builder.start(names) // [B, T, D]
  const present: KeyValues[] = []
  for (const [index, layer] of names.layers.entries()) {
    const attention = builder.attention(x, layer, inputs.past?.[index])
    present.push(attention.present)
    x = add(g, x, attention.output)
    x = add(g, x, builder.feedForward(builder.norm(x, layer.hiddenNorm), layer))
  }
  return { states: builder.norm(x, names.outputNorm), present }
}

/** The score of each token as the next one: states [B, T, D] or [B, D] to logits [B, T, V] or [B, V]. */
export function decoderLogits(
  g: Graph,
  config: PretrainedConfig,
  states: Tensor,
  weights: ReadonlyMap<string, Tensor>,
): Tensor {
  const output = weights.get(decoderNames(config).output)!
  return linearTransposed(g, states, output, { inputs: config.width, outputs: config.vocabulary })
}

class DecoderBuilder {
  readonly #g: Graph
  readonly #config: PretrainedConfig
  readonly #inputs: DecoderInputs
  readonly #rotary: RotaryTables | undefined

  constructor(g: Graph, config: PretrainedConfig, inputs: DecoderInputs) {
    this.#g = g
    this.#config = config
    this.#inputs = inputs
    this.#rotary = rotaryTables(g, config, inputs.positions)
  }

  /** The residual stream before the first layer. */
  start({ embedding: table, positions }: DecoderNames): Tensor {
    const { width } = this.#config
    const tokens = embedding(this.#g, this.#weight(table), this.#inputs.ids, { width })
    if (positions === undefined) return tokens
    return add(
      this.#g,
      tokens,
      embedding(this.#g, this.#weight(positions), this.#inputs.positions, { width }),
    )
  }

  norm(x: Tensor, module: string, width = this.#config.width): Tensor {
    const { epsilon, architecture } = this.#config
    const gain = this.#weight(`${module}.weight`)
    if (architecture !== 'gpt2') return rmsNorm(this.#g, x, gain, { width, epsilon })
    return layerNorm(this.#g, x, { gain, bias: this.#weight(`${module}.bias`) }, { width, epsilon })
  }

  attention(x: Tensor, layer: LayerNames, past: KeyValues | undefined) {
    const g = this.#g
    const { heads, keyValueHeads, headSize: size } = this.#config
    const { query, key, value } = this.#project(this.norm(x, layer.attentionNorm), layer)
    const now = {
      keys: splitHeads(g, this.#turn(key), { heads: keyValueHeads, size }), // [B, Kv, T, K]
      values: splitHeads(g, value, { heads: keyValueHeads, size }),
    }
    const { keys, values } = join(g, past, now) // [B, Kv, S, K]
    const shared = splitHeads(g, this.#turn(query), { heads, size }) // [B, H, T, K]
    const scores = this.#acrossGroups(shared, (q) =>
      matmul(g, q, keys, { transB: true, alpha: 1 / Math.sqrt(size) }),
    ) // [B, H, T, S]
    const odds = maskedSoftmax(g, scores, this.#inputs.mask)
    const attended = this.#acrossGroups(odds, (p) => matmul(g, p, values)) // [B, H, T, K]
    const merged = mergeHeads(g, attended, { heads, size }) // [B, T, H·K]
    return { output: this.#linear(merged, layer.attentionOutput), present: { keys, values } }
  }

  feedForward(x: Tensor, { gate, up, down }: LayerNames): Tensor {
    const g = this.#g
    const raised = this.#linear(x, up) // [B, T, F]
    return this.#linear(gate ? swiglu(g, this.#linear(x, gate), raised) : gelu(g, raised), down)
  }

  /**
   * Works on x [B, H, T, ·] with keys or values that H / Kv neighbouring heads share: these heads are stacked, [B, Kv,
   * H/Kv·T, ·], so that nothing is copied.
   */
  #acrossGroups(x: Tensor, work: (x: Tensor) => Tensor): Tensor {
    const { heads, keyValueHeads } = this.#config
    if (heads === keyValueHeads) return work(x)
    const grouped = { to: [0, keyValueHeads, -1, 0], back: [0, heads, -1, 0] }
    // The last axis keeps its size, and the rest goes into the one before.
    const y = work(regroup(this.#g, x, grouped))
    return regroup(this.#g, y, { to: grouped.back, back: grouped.to })
  }

  #project(x: Tensor, { projections, headNorms }: LayerNames) {
    if ('joint' in projections) {
      const { width } = this.#config
      const joint = this.#linear(x, projections.joint) // [B, T, 3D]
      const [query, key, value] = split(this.#g, joint, [width, width, width]) as [Tensor, Tensor, Tensor]
      return { query, key, value }
    }
    const { heads, keyValueHeads } = this.#config
    const query = this.#linear(x, projections.query) // [B, T, H·K]
    const key = this.#linear(x, projections.key) // [B, T, Kv·K]
    const value = this.#linear(x, projections.value)
    if (headNorms === undefined) return { query, key, value }
    return {
      query: this.#headNorm(query, headNorms.query, heads),
      key: this.#headNorm(key, headNorms.key, keyValueHeads),
      value,
    }
  }

  #headNorm(x: Tensor, module: string, heads: number): Tensor {
    const { headSize: size } = this.#config
    const flat = [0, 0, heads * size]
    const apart = [0, 0, heads, size]
    const normal = this.norm(regroup(this.#g, x, { to: apart, back: flat }), module, size)
    return regroup(this.#g, normal, { to: flat, back: apart })
  }

  #turn(x: Tensor): Tensor {
    return this.#rotary === undefined ? x : rotary(this.#g, x, this.#rotary)
  }

  #linear(x: Tensor, { module, inputs, outputs, bias, inputsFirst }: LinearNames): Tensor {
    const g = this.#g
    const apply = inputsFirst ? linear : linearTransposed
    let y = apply(g, x, this.#weight(`${module}.weight`), { inputs, outputs })
    if (bias) y = addBias(g, y, this.#weight(`${module}.bias`), { width: outputs })
    const { adapter } = this.#inputs
    const factors = adapter?.factors(module)
    if (adapter === undefined || factors === undefined) return y
    const { scaling, rank } = adapter
    const inner = linearTransposed(g, x, factors.a, { inputs, outputs: rank }) // [B, T, r]
    return add(g, y, linearTransposed(g, scale(g, inner, scaling), factors.b, { inputs: rank, outputs }))
  }

  #weight(name: string): Tensor {
    return this.#inputs.weights.get(name)!
  }
}

function join(g: Graph, past: KeyValues | undefined, now: KeyValues): KeyValues {
  if (past === undefined) return now
  const both = (before: Tensor, after: Tensor) =>
    g.emit('Concat', [before, after], { attributes: { axis: 2 } })
  return { keys: both(past.keys, now.keys), values: both(past.values, now.values) }
}

function rotaryTables(g: Graph, config: PretrainedConfig, positions: Tensor): RotaryTables | undefined {
  if (config.rope === undefined) return undefined
  const frequencies = rotaryFrequencies(config.rope, config.headSize)
  return rotaryTablesFor(g, { positions, frequencies, longest: longestText(config) })
}
