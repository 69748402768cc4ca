/** The weights of a pretrained decoder under the names that they have on the Hugging Face Hub. */
import { elements } from '../weights.ts'
import type { PretrainedConfig } from './architecture.ts'

/** A matrix with its bias. */
export interface LinearNames {
  /** The module, such as `model.layers.0.self_attn.q_proj`. */
  module: string
  inputs: number
  outputs: number
  bias: boolean
  /** True if the matrix is [inputs, outputs], as in GPT-2; else it is [outputs, inputs]. */
  inputsFirst: boolean
}

export interface LayerNames {
  attentionNorm: string
  /** GPT-2 has the three in one matrix. */
  projections: { query: LinearNames; key: LinearNames; value: LinearNames } | { joint: LinearNames }
  /** Norms of each query and key head, as Qwen3 has them. */
  headNorms?: { query: string; key: string }
  attentionOutput: LinearNames
  hiddenNorm: string
  /** `gate` is missing if the activation is GELU. */
  gate?: LinearNames
  up: LinearNames
  down: LinearNames
}

export interface DecoderNames {
  embedding: string
  /** Learned positions. */
  positions?: string
  layers: LayerNames[]
  outputNorm: string
  /** The output layer; the embedding if they are tied. */
  output: string
}

/** Where each weight of a decoder is found. */
export function decoderNames(config: PretrainedConfig): DecoderNames {
  return config.architecture === 'gpt2' ? gpt2Names(config) : llamaNames(config)
}

function llamaNames(config: PretrainedConfig): DecoderNames {
  const { width: D, hidden: F, heads, keyValueHeads, headSize: K, biases } = config
  const embedding = 'model.embed_tokens.weight'
  return {
    embedding,
    layers: Array.from({ length: config.layers }, (_, index): LayerNames => {
      const own = `model.layers.${index}`
      const linear = (name: string, inputs: number, outputs: number, bias: boolean) => {
        return { module: `${own}.${name}`, inputs, outputs, bias, inputsFirst: false }
      }
      const project = (name: string, count: number) =>
        linear(`self_attn.${name}`, D, count * K, biases.queryKeyValue)
      return {
        attentionNorm: `${own}.input_layernorm`,
        projections: {
          query: project('q_proj', heads),
          key: project('k_proj', keyValueHeads),
          value: project('v_proj', keyValueHeads),
        },
        ...(config.architecture === 'qwen3' && {
          headNorms: { query: `${own}.self_attn.q_norm`, key: `${own}.self_attn.k_norm` },
        }),
        attentionOutput: linear('self_attn.o_proj', heads * K, D, biases.attentionOutput),
        hiddenNorm: `${own}.post_attention_layernorm`,
        gate: linear('mlp.gate_proj', D, F, biases.feedForward),
        up: linear('mlp.up_proj', D, F, biases.feedForward),
        down: linear('mlp.down_proj', F, D, biases.feedForward),
      }
    }),
    outputNorm: 'model.norm',
    output: config.tied ? embedding : 'lm_head.weight',
  }
}

function gpt2Names(config: PretrainedConfig): DecoderNames {
  const { width: D, hidden: F } = config
  const embedding = 'transformer.wte.weight'
  return {
    embedding,
    positions: 'transformer.wpe.weight',
    layers: Array.from({ length: config.layers }, (_, index): LayerNames => {
      const own = `transformer.h.${index}`
      const linear = (name: string, inputs: number, outputs: number) => {
        return { module: `${own}.${name}`, inputs, outputs, bias: true, inputsFirst: true }
      }
      return {
        attentionNorm: `${own}.ln_1`,
        projections: { joint: linear('attn.c_attn', D, 3 * D) },
        attentionOutput: linear('attn.c_proj', D, D),
        hiddenNorm: `${own}.ln_2`,
        up: linear('mlp.c_fc', D, F),
        down: linear('mlp.c_proj', F, D),
      }
    }),
    outputNorm: 'transformer.ln_f',
    output: config.tied ? embedding : 'lm_head.weight',
  }
}

/** All linear layers, in the order of use. */
export function linearLayers({ layers }: DecoderNames): LinearNames[] {
  return layers.flatMap(({ projections, attentionOutput, gate, up, down }) => [
    ...Object.values(projections),
    attentionOutput,
    ...(gate ? [gate] : []),
    up,
    down,
  ])
}

export interface WeightSpec {
  name: string
  shape: readonly number[]
}

/** Every weight with its shape, in a fixed order. */
export function weightSpecs(config: PretrainedConfig): WeightSpec[] {
  const { vocabulary: V, width: D, headSize: K, positions, architecture } = config
  const names = decoderNames(config)
  const norm = (module: string, size = D): WeightSpec[] => [
    { name: `${module}.weight`, shape: [size] },
    ...(architecture === 'gpt2' ? [{ name: `${module}.bias`, shape: [size] }] : []),
  ]
  const linear = ({ module, inputs, outputs, bias, inputsFirst }: LinearNames): WeightSpec[] => [
    { name: `${module}.weight`, shape: inputsFirst ? [inputs, outputs] : [outputs, inputs] },
    ...(bias ? [{ name: `${module}.bias`, shape: [outputs] }] : []),
  ]
  return [
    { name: names.embedding, shape: [V, D] },
    ...(names.positions === undefined ? [] : [{ name: names.positions, shape: [positions, D] }]),
    ...names.layers.flatMap((layer) => [
      ...norm(layer.attentionNorm),
      ...Object.values(layer.projections).flatMap(linear),
      ...Object.values(layer.headNorms ?? {}).flatMap((module) => norm(module, K)),
      ...linear(layer.attentionOutput),
      ...norm(layer.hiddenNorm),
      ...(layer.gate ? linear(layer.gate) : []),
      ...linear(layer.up),
      ...linear(layer.down),
    ]),
    ...norm(names.outputNorm),
    ...(config.tied ? [] : [{ name: names.output, shape: [V, D] }]),
  ]
}

/** Number of numbers in a model. */
export function countPretrainedParameters(config: PretrainedConfig): number {
  return weightSpecs(config).reduce((total, { shape }) => total + elements(shape), 0)
}
