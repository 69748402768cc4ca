/** A model as llama.cpp reads it: the llama architecture with GPT-2's tokenizer, all in float32. */
import type { StoredModel } from '../model-files.ts'
import { END_OF_TEXT } from '../tokenizer.ts'
import type { Arrays } from '../weights.ts'
import { bytePairVocabulary } from './byte-pairs.ts'
import type { GgufValue } from './gguf-file.ts'
import { encodeGguf } from './gguf-file.ts'
import { interleaveHeads, llamaTensors } from './llama-tensors.ts'

const TOKEN_TYPE = { normal: 1, control: 3 } as const
const ALL_FLOAT32 = 0

/** The bytes of a GGUF file. */
export function encodeGgufModel(model: StoredModel, { name }: { name: string }): Buffer {
  return encodeGguf({ ...describeModel(model, name), ...describeTokenizer(model) }, nameTensors(model))
}

function describeModel({ config }: StoredModel, name: string): Record<string, GgufValue> {
  const { vocabulary, width, layers, heads, hidden, positions, ropeTheta, epsilon } = config
  const size = width / heads
  return {
    'general.architecture': string('llama'),
    'general.type': string('model'),
    'general.name': string(name),
    'general.file_type': count(ALL_FLOAT32),
    'llama.vocab_size': count(vocabulary),
    'llama.context_length': count(positions),
    'llama.embedding_length': count(width),
    'llama.block_count': count(layers),
    'llama.feed_forward_length': count(hidden),
    'llama.attention.head_count': count(heads),
    'llama.attention.head_count_kv': count(heads),
    'llama.attention.key_length': count(size),
    'llama.attention.value_length': count(size),
    'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: epsilon },
    'llama.rope.dimension_count': count(size),
    'llama.rope.freq_base': { type: 'float32', value: ropeTheta },
  }
}

function describeTokenizer({ tokenizer }: StoredModel): Record<string, GgufValue> {
  const { tokens, merges } = bytePairVocabulary(tokenizer)
  const types = tokens.map((_, id) => (id === END_OF_TEXT ? TOKEN_TYPE.control : TOKEN_TYPE.normal))
  return {
    'tokenizer.ggml.model': string('gpt2'),
    'tokenizer.ggml.pre': string('gpt-2'),
    'tokenizer.ggml.tokens': { type: 'strings', values: tokens },
    'tokenizer.ggml.token_type': { type: 'int32s', values: types },
    'tokenizer.ggml.merges': { type: 'strings', values: merges.map((pair) => pair.join(' ')) },
    'tokenizer.ggml.bos_token_id': count(END_OF_TEXT),
    'tokenizer.ggml.eos_token_id': count(END_OF_TEXT),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: true },
    'tokenizer.ggml.add_eos_token': { type: 'bool', value: false },
  }
}

function nameTensors({ config, weights }: StoredModel): Arrays {
  const { embedding, layers, outputNorm, output } = llamaTensors(config, weights)
  return new Map([
    ['token_embd.weight', embedding],
    ...layers.flatMap((layer, index) => {
      const own = `blk.${index}`
      return [
        [`${own}.attn_norm.weight`, layer.attentionNorm],
        [`${own}.attn_q.weight`, interleaveHeads(layer.query, config.heads)],
        [`${own}.attn_k.weight`, interleaveHeads(layer.key, config.heads)],
        [`${own}.attn_v.weight`, layer.value],
        [`${own}.attn_output.weight`, layer.attentionOutput],
        [`${own}.ffn_norm.weight`, layer.hiddenNorm],
        [`${own}.ffn_gate.weight`, layer.gate],
        [`${own}.ffn_up.weight`, layer.up],
        [`${own}.ffn_down.weight`, layer.down],
      ] as const
    }),
    ['output_norm.weight', outputNorm],
    ['output.weight', output],
  ])
}

function string(value: string): GgufValue {
  return { type: 'string', value }
}

function count(value: number): GgufValue {
  return { type: 'uint32', value }
}
