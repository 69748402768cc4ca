import type { PretrainedConfig } from '../../engine/pretrained/architecture.ts'

/** The numbers that determine the memory of a training. */
export interface ModelShape {
  /** Width of the residual stream (D). */
  width: number
  layers: number
  /** Width within a feed-forward layer (F). */
  hidden: number
  vocabulary: number
  /** Width of all query heads, and of all heads of keys. */
  queries: number
  keys: number
  /** Matrices of a feed-forward layer: three if it is gated. */
  feedForward: 2 | 3
  /** True if the output layer shares the embedding. */
  tied: boolean
  /** Maximum length of a text in tokens, if the file says so. */
  positions: number | undefined
}

type Json = Record<string, unknown>

/** The shape in a model's `config.json`, by the names that nearly all decoders use; undefined if it is incomplete. */
export function parseShape(json: Json | undefined): ModelShape | undefined {
  // Models that also see or hear keep the decoder's part apart.
  const own = { ...json, ...(json?.text_config as Json | undefined) }
  const number = (...names: string[]) =>
    names.map((name) => own[name]).find((value): value is number => typeof value === 'number')
  const width = number('hidden_size', 'n_embd', 'd_model')
  const layers = number('num_hidden_layers', 'n_layer', 'num_layers')
  const vocabulary = number('vocab_size')
  const heads = number('num_attention_heads', 'n_head')
  if (width === undefined || layers === undefined || vocabulary === undefined || heads === undefined)
    return undefined
  const isGated = own.model_type !== 'gpt2' && own.model_type !== 'gpt_neox'
  const headSize = number('head_dim') ?? width / heads
  return {
    ...{ width, layers, vocabulary },
    hidden: number('intermediate_size', 'n_inner', 'ffn_dim') ?? 4 * width,
    queries: heads * headSize,
    keys: (number('num_key_value_heads') ?? heads) * headSize,
    feedForward: isGated ? 3 : 2,
    tied: typeof own.tie_word_embeddings === 'boolean' ? own.tie_word_embeddings : own.model_type === 'gpt2',
    positions: number('max_position_embeddings', 'n_positions'),
  }
}

export function shapeOfGguf(config: PretrainedConfig): ModelShape {
  const { width, layers, hidden, vocabulary, heads, keyValueHeads, headSize, tied, positions } = config
  return {
    ...{ width, layers, hidden, vocabulary, tied, positions },
    queries: heads * headSize,
    keys: keyValueHeads * headSize,
    feedForward: config.architecture === 'gpt2' ? 2 : 3,
  }
}

/** Inputs and outputs of the linear layers of one block. */
export function linearShapes({ width, hidden, queries, keys, feedForward }: ModelShape): [number, number][] {
  const up = Array.from({ length: feedForward - 1 }, (): [number, number] => [width, hidden])
  return [[width, queries], [width, keys], [width, keys], [queries, width], ...up, [hidden, width]]
}

/** Number of weights, without biases and norms, which are a thousandth of them. */
export function countShapeParameters(shape: ModelShape): number {
  const { width, layers, vocabulary, tied } = shape
  const block = linearShapes(shape).reduce((total, [inputs, outputs]) => total + inputs * outputs, 0)
  return layers * block + (tied ? 1 : 2) * vocabulary * width
}
