import type { Tensor } from './graph.ts'
import { Graph } from './graph.ts'
import type { OnnxGraph } from './onnx.ts'
import type { TransformerConfig } from './sizes.ts'
import type { KeyValues, TransformerOutputs } from './transformer.ts'
import { logits, parameterSpecs, rotaryTables, transformer } from './transformer.ts'
import type { Arrays } from './weights.ts'

/** Names of the inputs and outputs that carry the keys and values of a layer. */
export function cacheNames(layer: number): Record<keyof KeyValues, string> {
  return { keys: `keys${layer}`, values: `values${layer}` }
}

/** The output with the keys and values of all positions so far. */
export function presentName(name: string): string {
  return `${name}.present`
}

/**
 * The next token's scores. Inputs: ids, positions [B, T], mask [B or 1, 1, T, P + T], the keys and values of P
 * earlier positions. Outputs: `logits` [B, V] after the last position and the keys and values of all P + T.
 */
export function nextTokenGraph(config: TransformerConfig, arrays: Arrays): OnnxGraph {
  const g = new Graph('next-token')
  const pick = (x: Tensor) => g.emit('Gather', [x, g.integers([-1])], { attributes: { axis: 1 } }) // [B, 1, D]
  const { weights, states, present } = decoder(g, config, { arrays, pick })
  const scores = g.emit('Squeeze', [logits(g, config, states, weights), g.integers([1])])
  g.output(scores, 'logits', ['B', config.vocabulary])
  for (const [layer, { keys, values }] of present.entries()) {
    const names = cacheNames(layer)
    const shape = cacheShape(config, 'P + T')
    g.output(keys, presentName(names.keys), shape)
    g.output(values, presentName(names.values), shape)
  }
  return g.build()
}

/**
 * The log-probabilities `logprobs` [N] of given tokens. Inputs: as above, the `places` [M] in [B · T] after which some
 * token is wanted, and `chosen` [N, 2]: an index into the places, and a token. The scores of all tokens are large, so
 * they are computed only at these places.
 */
export function scoringGraph(config: TransformerConfig, arrays: Arrays): OnnxGraph {
  const g = new Graph('scoring')
  const pick = placesInput(g, config)
  const { weights, states } = decoder(g, config, { arrays, pick })
  outputLogprobs(g, logits(g, config, states, weights))
  return g.build()
}

/**
 * A function that picks the input `places` of `scoringGraph` from states [B, T, D]: [1, M, D], as the same fused
 * operations do not apply to states of two dimensions.
 */
export function placesInput(g: Graph, { width }: { width: number }): (states: Tensor) => Tensor {
  const places = g.input('places', 'int64', ['M'])
  return (states) => {
    const rows = g.emit('Reshape', [states, g.integers([1, -1, width])]) // [1, B · T, D]
    return g.emit('Gather', [rows, places], { attributes: { axis: 1 } }) // [1, M, D]
  }
}

/** The other input and the output of `scoringGraph`, from the scores [1, M, V]. */
export function outputLogprobs(g: Graph, scores: Tensor): void {
  const chosen = g.input('chosen', 'int64', ['N', 2])
  const all = g.emit('LogSoftmax', [g.emit('Squeeze', [scores, g.integers([0])])], {
    attributes: { axis: -1 },
  })
  g.output(g.emit('GatherND', [all, chosen]), 'logprobs', ['N'])
}

interface Decoder extends TransformerOutputs {
  weights: ReadonlyMap<string, Tensor>
}

/** The decoder with its weights as part of the graph, so that the runtime can arrange them for speed. */
function decoder(
  g: Graph,
  config: TransformerConfig,
  { arrays, pick }: { arrays: Arrays; pick: (states: Tensor) => Tensor },
): Decoder {
  const ids = g.input('ids', 'int64', ['B', 'T'])
  const positions = g.input('positions', 'int64', ['B', 'T'])
  const mask = g.input('mask', 'float32', ['B or 1', 1, 'T', 'P + T'])
  const past = Array.from({ length: config.layers }, (_, layer) => {
    const names = cacheNames(layer)
    const shape = cacheShape(config, 'P')
    return { keys: g.input(names.keys, 'float32', shape), values: g.input(names.values, 'float32', shape) }
  })
  const weights = new Map(
    parameterSpecs(config).map(({ name, shape }) => [name, g.constant(shape, arrays.get(name)!.data)]),
  )
  const rotary = rotaryTables(g, config, positions)
  return { weights, ...transformer(g, config, { ids, mask, rotary, weights, past, pick }) }
}

export function cacheShape({ heads, width }: TransformerConfig, positions: string) {
  return ['B', heads, positions, width / heads]
}
