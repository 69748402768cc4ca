/** `config.json` of the Hugging Face Hub, as transformers 4 and 5 write it. */
import type { Architecture, PretrainedConfig, Rope, RopeScaling } from './architecture.ts'
import { ARCHITECTURES } from './architecture.ts'
import { FormatError, unsupported } from './failures.ts'

type Json = Record<string, unknown>

/** What the weights show if the configuration does not say. */
export interface WeightHints {
  /** True if the files contain a separate output layer. */
  hasOutput: boolean
}

/**
 * The decoder that a configuration describes. Throws InputError MODEL_UNSUPPORTED for one that the engine does not
 * support, FormatError for missing values.
 */
export function parseConfig(json: Json, path: string, hints: WeightHints): PretrainedConfig {
  const architecture = ARCHITECTURES.find((known) => known === json.model_type)
  if (architecture === undefined) {
    throw unsupported(
      `${path} describes a model of type ${JSON.stringify(json.model_type)}, and the engine knows ${ARCHITECTURES.join(', ')}`,
    )
  }
  refuse(path, json, {
    quantization_config: (value) => value === undefined || value === null,
    pretraining_tp: (value) => value === undefined || value === 1,
    rope_interleaved: (value) => !value,
    use_sliding_window: (value) => !value,
    add_cross_attention: (value) => !value,
    scale_attn_by_inverse_layer_idx: (value) => !value,
    scale_attn_weights: (value) => value !== false,
    layer_types: (value) =>
      value === undefined || value === null || (value as string[]).every((type) => type === 'full_attention'),
    hidden_act: (value) => value === undefined || value === 'silu',
    activation_function: (value) =>
      value === undefined || value === 'gelu_new' || value === 'gelu_pytorch_tanh',
  })
  return architecture === 'gpt2' ? gpt2(json, hints) : llama(architecture, json, path, hints)
}

function llama(architecture: Architecture, json: Json, path: string, hints: WeightHints): PretrainedConfig {
  const width = count(json, 'hidden_size')
  const heads = count(json, 'num_attention_heads')
  const keyValueHeads = count(json, 'num_key_value_heads', heads)
  if (heads % keyValueHeads !== 0) {
    throw new FormatError(
      `num_attention_heads (${heads}) is not a multiple of num_key_value_heads (${keyValueHeads})`,
    )
  }
  const attentionBias = json.attention_bias === true
  return {
    architecture,
    vocabulary: count(json, 'vocab_size'),
    width,
    layers: count(json, 'num_hidden_layers'),
    heads,
    keyValueHeads,
    headSize: count(json, 'head_dim', architecture === 'qwen3' ? 128 : width / heads),
    hidden: count(json, 'intermediate_size'),
    positions: count(json, 'max_position_embeddings', 2048),
    epsilon: positive(json, 'rms_norm_eps', 1e-6),
    tied: isTied(json, hints, !hints.hasOutput),
    rope: parseRope(json, path),
    biases: {
      queryKeyValue: architecture === 'qwen2' || attentionBias,
      attentionOutput: architecture !== 'qwen2' && attentionBias,
      feedForward: json.mlp_bias === true,
    },
    special: specialTokens(json),
  }
}

function gpt2(json: Json, hints: WeightHints): PretrainedConfig {
  const width = count(json, 'n_embd')
  const heads = count(json, 'n_head')
  return {
    architecture: 'gpt2',
    vocabulary: count(json, 'vocab_size'),
    width,
    layers: count(json, 'n_layer'),
    heads,
    keyValueHeads: heads,
    headSize: width / heads,
    hidden: count(json, 'n_inner', 4 * width),
    positions: count(json, 'n_positions'),
    epsilon: positive(json, 'layer_norm_epsilon', 1e-5),
    tied: isTied(json, hints, true),
    biases: { queryKeyValue: true, attentionOutput: true, feedForward: true },
    special: specialTokens(json),
  }
}

/** transformers 5 writes `rope_parameters`, transformers 4 wrote `rope_theta` and `rope_scaling`. */
function parseRope(json: Json, path: string): Rope {
  const settings = (json.rope_parameters ?? json.rope_scaling ?? {}) as Json
  const theta = positive({ ...json, ...settings }, 'rope_theta', 10_000)
  const type = settings.rope_type ?? settings.type ?? 'default'
  if ((settings.partial_rotary_factor ?? json.partial_rotary_factor ?? 1) !== 1) {
    throw unsupported(
      `${path} rotates only a part of each head (partial_rotary_factor), which the engine does not know`,
    )
  }
  if (type === 'default') return { theta }
  if (type !== 'llama3') {
    throw unsupported(
      `${path} scales its positions in the way ${JSON.stringify(type)}, and the engine knows llama3`,
    )
  }
  const scaling: RopeScaling = {
    factor: positive(settings, 'factor'),
    lowFrequencyFactor: positive(settings, 'low_freq_factor'),
    highFrequencyFactor: positive(settings, 'high_freq_factor'),
    originalPositions: count(settings, 'original_max_position_embeddings'),
  }
  return { theta, scaling }
}

function isTied(json: Json, { hasOutput }: WeightHints, otherwise: boolean): boolean {
  const said = json.tie_word_embeddings
  return typeof said === 'boolean' ? said : otherwise || !hasOutput
}

function specialTokens(json: Json): PretrainedConfig['special'] {
  const begin = json.bos_token_id
  return { ...(typeof begin === 'number' && { begin }), ends: endTokens(json) }
}

/** `eos_token_id` is a number or a list of them, in `config.json` and `generation_config.json`. */
export function endTokens({ eos_token_id: end }: Json): number[] {
  return [end].flat().filter((id) => typeof id === 'number')
}

function refuse(path: string, json: Json, rules: Record<string, (value: unknown) => boolean>): void {
  for (const [key, allowed] of Object.entries(rules)) {
    if (allowed(json[key])) continue
    throw unsupported(`${path} asks for ${key} ${JSON.stringify(json[key])}, which the engine does not know`)
  }
}

function count(json: Json, key: string, otherwise?: number): number {
  const value = positive(json, key, otherwise)
  if (!Number.isSafeInteger(value)) throw new FormatError(`${key} is ${value}, not a whole number`)
  return value
}

function positive(json: Json, key: string, otherwise?: number): number {
  const value = json[key] ?? otherwise
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value
  throw new FormatError(`${key} is ${JSON.stringify(value) ?? 'missing'}, not a positive number`)
}

/** The configuration as transformers 4 and 5 both read it. */
export function writePretrainedConfig(config: PretrainedConfig): Json {
  const { begin, ends } = config.special
  return {
    ...(config.architecture === 'gpt2' ? gpt2Json(config) : llamaJson(config)),
    ...(begin !== undefined && { bos_token_id: begin }),
    ...(ends.length > 0 && { eos_token_id: ends.length === 1 ? ends[0] : ends }),
    tie_word_embeddings: config.tied,
    torch_dtype: 'float32',
  }
}

const CLASSES: Record<Architecture, string> = {
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  gpt2: 'GPT2LMHeadModel',
}

function llamaJson(config: PretrainedConfig): Json {
  const { theta, scaling } = config.rope!
  return {
    architectures: [CLASSES[config.architecture]],
    model_type: config.architecture,
    vocab_size: config.vocabulary,
    hidden_size: config.width,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    intermediate_size: config.hidden,
    hidden_act: 'silu',
    max_position_embeddings: config.positions,
    rms_norm_eps: config.epsilon,
    rope_theta: theta,
    ...(scaling && {
      rope_scaling: {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalPositions,
      },
    }),
    ...(config.architecture !== 'qwen2' && { attention_bias: config.biases.queryKeyValue }),
    ...(config.architecture === 'llama' && { mlp_bias: config.biases.feedForward }),
  }
}

function gpt2Json(config: PretrainedConfig): Json {
  return {
    architectures: [CLASSES.gpt2],
    model_type: 'gpt2',
    vocab_size: config.vocabulary,
    n_embd: config.width,
    n_layer: config.layers,
    n_head: config.heads,
    n_positions: config.positions,
    n_inner: config.hidden,
    layer_norm_epsilon: config.epsilon,
    activation_function: 'gelu_new',
  }
}
