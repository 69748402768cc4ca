/** The graphs of a pretrained decoder: a training step, the next token's scores, the scores of given texts. */
import { cacheNames, outputLogprobs, placesInput, presentName } from '../decoding-graph.ts'
import type { Tensor } from '../graph.ts'
import { Graph } from '../graph.ts'
import type { OnnxGraph } from '../onnx.ts'
import { crossEntropy } from '../operations.ts'
import { gradientName } from '../training-graph.ts'
import type { PretrainedConfig } from './architecture.ts'
import { decoder, decoderLogits } from './decoder-graph.ts'
import type { AdapterSettings } from './lora.ts'
import { adapterModules, adapterScaling, adapterSpecs, factorNames } from './lora.ts'
import { weightSpecs } from './parameters.ts'

/**
 * The loss of a batch and the gradients of the trained parameters: all weights, or only the factors of LoRA. Inputs: a
 * batch (batches.ts), the causal mask, the weights and the factors. Outputs: `loss` and the gradients.
 */
export function fineTuningGraph(config: PretrainedConfig, lora: AdapterSettings | undefined): OnnxGraph {
  const g = new Graph('fine-tuning-step')
  const ids = g.input('ids', 'int64', ['B', 'T'])
  const positions = g.input('positions', 'int64', ['B', 'T'])
  const targets = g.input('targets', 'int64', ['B', 'T', 1])
  const tokenWeights = g.input('weights', 'float32', ['B', 'T', 1])
  const mask = g.input('mask', 'float32', ['T', 'T'])
  const weights = new Map(
    weightSpecs(config).map(({ name, shape }) => [
      name,
      lora === undefined ? g.parameter(name, shape) : g.input(name, 'float32', shape),
    ]),
  )
  const specs = lora === undefined ? weightSpecs(config) : adapterSpecs(config, lora)
  const trained =
    lora === undefined ? weights : new Map(specs.map(({ name, shape }) => [name, g.parameter(name, shape)]))
  const adapter = lora && graphAdapter(config, lora, trained)
  const { states } = decoder(g, config, { ids, positions, mask, weights, adapter })
  const loss = crossEntropy(g, decoderLogits(g, config, states, weights), targets, tokenWeights)
  g.output(loss, 'loss', [])
  const gradients = g.gradients(loss, [...trained.values()])
  for (const [index, { name, shape }] of specs.entries()) {
    g.output(gradients[index]!, gradientName(name), shape)
  }
  return g.build()
}

function graphAdapter(config: PretrainedConfig, lora: AdapterSettings, factors: ReadonlyMap<string, Tensor>) {
  const modules = new Set(adapterModules(config, lora).map(({ module }) => module))
  return {
    scaling: adapterScaling(lora),
    rank: lora.rank,
    factors(module: string) {
      if (!modules.has(module)) return undefined
      const { a, b } = factorNames(module)
      return { a: factors.get(a)!, b: factors.get(b)! }
    },
  }
}

/** As the engine's own: the next token's scores, the keys and values of all positions (decoding-graph.ts). */
export function pretrainedNextTokenGraph(config: PretrainedConfig): OnnxGraph {
  const { g, weights, states, present } = decodingGraph('next-token', config)
  const last = g.emit('Gather', [states, g.scalarInteger(-1)], { attributes: { axis: 1 } }) // [B, D]
  g.output(decoderLogits(g, config, last, weights), 'logits', ['B', config.vocabulary])
  for (const [layer, { keys, values }] of present.entries()) {
    const names = cacheNames(layer)
    g.output(keys, presentName(names.keys), cacheShape(config, 'P + T'))
    g.output(values, presentName(names.values), cacheShape(config, 'P + T'))
  }
  return g.build()
}

/** As the engine's own: the log-probabilities of given tokens. */
export function pretrainedScoringGraph(config: PretrainedConfig): OnnxGraph {
  const { g, weights, states } = decodingGraph('scoring', config)
  const asked = placesInput(g, config)(states)
  outputLogprobs(g, decoderLogits(g, config, asked, weights))
  return g.build()
}

/**
 * The decoder with its weights as inputs: as part of the graph they would be in memory three times, and be only a tenth
 * faster.
 */
function decodingGraph(name: string, config: PretrainedConfig) {
  const g = new Graph(name)
  const ids = g.input('ids', 'int64', ['B', 'T'])
  const positions = g.input('positions', 'int64', ['B', 'T'])
  const mask = g.input('mask', 'float32', ['B or 1', 1, 'T', 'P + T'])
  const past = Array.from({ length: config.layers }, (_, layer) => {
    const names = cacheNames(layer)
    const input = (own: string) => g.input(own, 'float32', cacheShape(config, 'P'))
    return { keys: input(names.keys), values: input(names.values) }
  })
  const weights = new Map(
    weightSpecs(config).map(({ name: own, shape }) => [own, g.input(own, 'float32', shape)]),
  )
  return { g, weights, ...decoder(g, config, { ids, positions, mask, weights, past }) }
}

function cacheShape({ keyValueHeads, headSize }: PretrainedConfig, positions: string) {
  return ['B', keyValueHeads, positions, headSize]
}
