/** A pretrained model as llama.cpp reads it, all in float32. */
import { writeAtomic } from '../../../support/files.ts'
import type { GgufValue } from '../../export/gguf-file.ts'
import { ggufParts } from '../../export/gguf-file.ts'
import type { Arrays } from '../../weights.ts'
import type { PretrainedConfig } from '../architecture.ts'
import { rotaryFrequencies } from '../architecture.ts'
import type { PretrainedModel } from '../read-pretrained.ts'
import { arrangeForGguf, ggufName } from './model.ts'
import { ggufVocabulary } from './tokenizer.ts'

const ALL_FLOAT32 = 0

/**
 * Writes a model's file, completely or not at all. Throws InputError MODEL_UNSUPPORTED for a tokenizer that GGUF has no
 * name for.
 */
export async function writeGgufModel(
  path: string,
  model: PretrainedModel,
  { name }: { name: string },
): Promise<void> {
  const metadata = { ...describeModel(model.config, name), ...describeTokenizer(model) }
  await writeAtomic(path, ggufParts(metadata, nameTensors(model)))
}

function describeModel(config: PretrainedConfig, name: string): Record<string, GgufValue> {
  const { architecture } = config
  const own: Record<string, GgufValue> = {
    context_length: count(config.positions),
    embedding_length: count(config.width),
    block_count: count(config.layers),
    feed_forward_length: count(config.hidden),
    'attention.head_count': count(config.heads),
  }
  const more: Record<string, GgufValue> =
    config.rope === undefined
      ? { 'attention.layer_norm_epsilon': { type: 'float32', value: config.epsilon } }
      : {
          vocab_size: count(config.vocabulary),
          'attention.head_count_kv': count(config.keyValueHeads),
          'attention.key_length': count(config.headSize),
          'attention.value_length': count(config.headSize),
          'attention.layer_norm_rms_epsilon': { type: 'float32', value: config.epsilon },
          'rope.dimension_count': count(config.headSize),
          'rope.freq_base': { type: 'float32', value: config.rope.theta },
        }
  return {
    'general.architecture': { type: 'string', value: architecture },
    'general.type': { type: 'string', value: 'model' },
    'general.name': { type: 'string', value: name },
    'general.file_type': count(ALL_FLOAT32),
    ...Object.fromEntries(
      Object.entries({ ...own, ...more }).map(([key, value]) => [`${architecture}.${key}`, value]),
    ),
  }
}

function describeTokenizer({ config, encoder }: PretrainedModel): Record<string, GgufValue> {
  const { cut, tokens, types, merges } = ggufVocabulary(encoder.files.tokenizer, config.vocabulary)
  const { begin, ends } = config.special
  const first = encoder.encode('')[0]
  const start = first ?? begin
  return {
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: cut },
    'tokenizer.ggml.tokens': { type: 'strings', values: tokens },
    'tokenizer.ggml.token_type': { type: 'int32s', values: types },
    'tokenizer.ggml.merges': { type: 'strings', values: merges },
    ...(start !== undefined && { 'tokenizer.ggml.bos_token_id': count(start) }),
    'tokenizer.ggml.eos_token_id': count(ends[0]!),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: first !== undefined },
    'tokenizer.ggml.add_eos_token': { type: 'bool', value: false },
  }
}

function nameTensors({ config, weights }: PretrainedModel): Arrays {
  const named = Array.from(weights, ([name, array]) => {
    return [ggufName(name, config.architecture), arrangeForGguf(name, array, config)] as const
  })
  return new Map([...named, ...ropeQuotients(config)])
}

/** Llama 3's scaling, which llama.cpp reads as what each frequency is divided by. */
function ropeQuotients({
  rope,
  headSize,
}: PretrainedConfig): [string, { shape: number[]; data: Float32Array }][] {
  if (rope?.scaling === undefined) return []
  const plain = rotaryFrequencies({ theta: rope.theta }, headSize)
  const scaled = rotaryFrequencies(rope, headSize)
  const data = Float32Array.from(plain, (frequency, index) => frequency / scaled[index]!)
  return [['rope_freqs.weight', { shape: [data.length], data }]]
}

function count(value: number): GgufValue {
  return { type: 'uint32', value }
}
