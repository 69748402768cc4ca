/** A decoder as Llama has it (arXiv 2302.13971): RMSNorm, rotary positions, SwiGLU, no biases. */
import type { Graph, Tensor } from './graph.ts'
import { embeddedTokens } from './objectives.ts'
import type { RotaryTables } from './operations.ts'
import {
  add,
  embedding,
  linear,
  maskedSoftmax,
  matmul,
  mergeHeads,
  rmsNorm,
  rotary,
  rotaryTablesFor,
  scaleChannels,
  split,
  splitHeads,
  swiglu,
} from './operations.ts'
import type { TransformerConfig } from './sizes.ts'

/** Name and shape of one weight. */
export interface ParameterSpec {
  name: string
  shape: readonly number[]
  /** Standard deviation at the start; a gain starts at one. */
  deviation: number | 'one'
}

/** GPT-2's. Starts that grow with 1/√width learned the names of experiment 1 half as often in the same time. */
const DEVIATION = 0.02

/** The weights in their fixed order. Matrices are [inputs, outputs]; query, key and value are concatenated. */
export function parameterSpecs(config: TransformerConfig): ParameterSpec[] {
  const { vocabulary: V, width: D, layers, hidden: F } = config
  // Layers that add to the residual stream start smaller, so that its variance does not grow with depth (GPT-2).
  const intoStream = DEVIATION / Math.sqrt(2 * layers)
  const layer = (index: number): ParameterSpec[] => [
    { name: `layer${index}.attention_norm`, shape: [D], deviation: 'one' },
    { name: `layer${index}.query_key_value`, shape: [D, 3 * D], deviation: DEVIATION },
    { name: `layer${index}.attention_output`, shape: [D, D], deviation: intoStream },
    { name: `layer${index}.hidden_norm`, shape: [D], deviation: 'one' },
    { name: `layer${index}.gate`, shape: [D, F], deviation: DEVIATION },
    { name: `layer${index}.up`, shape: [D, F], deviation: DEVIATION },
    { name: `layer${index}.down`, shape: [F, D], deviation: intoStream },
  ]
  return [
    { name: 'embedding', shape: [embeddedTokens(config), D], deviation: DEVIATION },
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    { name: 'output_norm', shape: [D], deviation: 'one' },
    { name: 'output', shape: [D, V], deviation: DEVIATION },
  ]
}

/** Keys and values [B, H, P, K] of the positions before these, by layer. */
export interface KeyValues {
  keys: Tensor
  values: Tensor
}

export interface TransformerInputs {
  /** int64 [B, T]. */
  ids: Tensor
  /**
   * Added to the attention scores: 0 if a position may attend to another, a large negative number otherwise; [T, P +
   * T].
   */
  mask: Tensor
  rotary: RotaryTables
  weights: ReadonlyMap<string, Tensor>
  /** Keys and values of earlier positions, by layer; none in training. */
  past?: readonly KeyValues[]
  /** Factors [B, 1, D] of each place that drops (dropout.ts); only in training. */
  dropout?: readonly Tensor[] | undefined
  /** Picks the positions whose states are needed, if not all: [B, T, D] to another such shape. */
  pick?: (states: Tensor) => Tensor
}

export interface TransformerOutputs {
  /** The residual stream after the last norm, [B, T, D], or those that were picked. */
  states: Tensor
  /** Keys and values of all positions so far, by layer. */
  present: KeyValues[]
}

/** The decoder without its output layer. */
export function transformer(
  g: Graph,
  config: TransformerConfig,
  inputs: TransformerInputs,
): TransformerOutputs {
  const { width, layers, heads, hidden, epsilon } = config
  const size = width / heads
  const weight = (name: string) => inputs.weights.get(name)!
  const present: KeyValues[] = []
  const places = inputs.dropout?.values()
  const drop = (y: Tensor) => {
    const factors = places?.next().value
    return factors === undefined ? y : scaleChannels(g, y, factors)
  }
  let x = drop(embedding(g, weight('embedding'), inputs.ids, { width })) // [B, T, D]
  for (let index = 0; index < layers; index++) {
    const own = (name: string) => weight(`layer${index}.${name}`)
    const a = rmsNorm(g, x, own('attention_norm'), { width, epsilon })
    const qkv = linear(g, a, own('query_key_value'), { inputs: width, outputs: 3 * width }) // [B, T, 3D]
    const [q, k, v] = split(g, qkv, [width, width, width]) as [Tensor, Tensor, Tensor]
    const query = splitHeads(g, rotary(g, q, inputs.rotary), { heads, size }) // [B, H, T, K]
    const now = {
      keys: splitHeads(g, rotary(g, k, inputs.rotary), { heads, size }),
      values: splitHeads(g, v, { heads, size }),
    }
    const { keys, values } = joinPast(g, inputs.past?.[index], now) // [B, H, P + T, K]
    present.push({ keys, values })
    const scores = matmul(g, query, keys, { transB: true, alpha: 1 / Math.sqrt(size) }) // [B, H, T, P + T]
    const attended = matmul(g, maskedSoftmax(g, scores, inputs.mask), values) // [B, H, T, K]
    const merged = mergeHeads(g, attended, { heads, size }) // [B, T, D]
    // After the last layer's attention no position looks at another.
    const pick = index === layers - 1 && inputs.pick ? inputs.pick : (own: Tensor) => own
    x = add(
      g,
      pick(x),
      drop(linear(g, pick(merged), own('attention_output'), { inputs: width, outputs: width })),
    )

    const b = rmsNorm(g, x, own('hidden_norm'), { width, epsilon })
    const gate = linear(g, b, own('gate'), { inputs: width, outputs: hidden }) // [B, T, F]
    const up = linear(g, b, own('up'), { inputs: width, outputs: hidden })
    x = add(g, x, drop(linear(g, swiglu(g, gate, up), own('down'), { inputs: hidden, outputs: width })))
  }
  return { states: rmsNorm(g, x, weight('output_norm'), { width, epsilon }), present }
}

function joinPast(g: Graph, past: KeyValues | undefined, now: KeyValues): KeyValues {
  if (past === undefined) return now
  const join = (before: Tensor, after: Tensor) =>
    g.emit('Concat', [before, after], { attributes: { axis: 2 } })
  return { keys: join(past.keys, now.keys), values: join(past.values, now.values) }
}

/** The score of each token as the next one: states [B, T, D] to logits [B, T, V]. */
export function logits(
  g: Graph,
  { width, vocabulary }: TransformerConfig,
  states: Tensor,
  weights: ReadonlyMap<string, Tensor>,
): Tensor {
  return linear(g, states, weights.get('output')!, { inputs: width, outputs: vocabulary })
}

/** The rotary tables for tokens at `positions`: angles are position · θ^(−2i/K). */
export function rotaryTables(
  g: Graph,
  { positions: longest, width, heads, ropeTheta }: TransformerConfig,
  positions: Tensor,
): RotaryTables {
  const half = width / heads / 2
  const frequencies = Float64Array.from({ length: half }, (_, index) => ropeTheta ** (-index / half))
  return rotaryTablesFor(g, { positions, frequencies, longest })
}

/** A large negative number that stays finite when scores are added to it. */
export const BLOCKED = -1e9

/** The causal mask [T, T]: a position sees itself and earlier ones. */
export function causalMask(T: number): Float32Array {
  return Float32Array.from({ length: T * T }, (_, index) => (index % T > Math.floor(index / T) ? BLOCKED : 0))
}
