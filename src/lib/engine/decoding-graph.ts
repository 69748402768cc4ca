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
  const { g, weights, states, present } = decoder('next-token', config, arrays)
  const last = g.emit('Gather', [states, g.scalarInteger(-1)], { attributes: { axis: 1 } }) // [B, D]
  g.output(logits(g, config, last, weights), 'logits', ['B', config.vocabulary])
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
 * token is asked for, and `chosen` [N, 2]: an index into the places, and a token. Scores of all tokens are large, and
 * computed there alone.
 */
export function scoringGraph(config: TransformerConfig, arrays: Arrays): OnnxGraph {
  const { g, weights, states } = decoder('scoring', config, arrays)
  outputLogprobs(g, states, { width: config.width, score: (own) => logits(g, config, own, weights) })
  return g.build()
}

/** Inputs and output of `scoringGraph` over the states [B, T, D] of any decoder. */
export function outputLogprobs(
  g: Graph,
  states: Tensor,
  { width, score }: { width: number; score: (states: Tensor) => Tensor },
): void {
  const places = g.input('places', 'int64', ['M'])
  const chosen = g.input('chosen', 'int64', ['N', 2])
  const rows = g.emit('Reshape', [states, g.integers([-1, width])]) // [B · T, D]
  const asked = g.emit('Gather', [rows, places], { attributes: { axis: 0 } }) // [M, D]
  const all = g.emit('LogSoftmax', [score(asked)], { attributes: { axis: -1 } }) // [M, V]
  g.output(g.emit('GatherND', [all, chosen]), 'logprobs', ['N'])
}

interface Decoder extends TransformerOutputs {
  g: Graph
  weights: ReadonlyMap<string, Tensor>
}

/** The decoder with its weights as part of the graph, which lets the runtime lay them out for speed. */
function decoder(name: string, config: TransformerConfig, arrays: Arrays): Decoder {
  const g = new Graph(name)
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
  return { g, weights, ...transformer(g, config, { ids, mask, rotary, weights, past }) }
}

export function cacheShape({ heads, width }: TransformerConfig, positions: string) {
  return ['B', heads, positions, width / heads]
}
