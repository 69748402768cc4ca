/** The files of a Llama model as Hugging Face's loaders read them (transformers, tokenizers, Optimum). */
import { join } from 'node:path'
import { writeJson } from '../../support/files.ts'
import { bytePairModel } from '../byte-pairs.ts'
import type { StoredModel } from '../model-files.ts'
import { writeSafetensors } from '../safetensors.ts'
import type { TransformerConfig } from '../sizes.ts'
import type { Tokenizer } from '../tokenizer.ts'
import { END_OF_TEXT } from '../tokenizer.ts'
import type { Arrays } from '../weights.ts'
import { bytePairVocabulary, END_OF_TEXT_NAME } from './byte-pairs.ts'
import { llamaTensors } from './llama-tensors.ts'

/** Writes `model.safetensors` with its configuration and tokenizer into a folder. */
export async function writeHuggingFaceModel(directory: string, model: StoredModel): Promise<void> {
  await writeHuggingFaceConfig(directory, model)
  await writeSafetensors(join(directory, 'model.safetensors'), nameTensors(model), { format: 'pt' })
}

/** Writes the files that describe a model, apart from its weights. */
export async function writeHuggingFaceConfig(
  directory: string,
  { config, tokenizer }: Pick<StoredModel, 'config' | 'tokenizer'>,
): Promise<void> {
  const special = { bos_token_id: END_OF_TEXT, eos_token_id: END_OF_TEXT }
  await writeJson(join(directory, 'config.json'), { ...llamaConfig(config), ...special })
  await writeJson(join(directory, 'generation_config.json'), special)
  await writeJson(join(directory, 'tokenizer.json'), tokenizerFile(tokenizer))
  await writeJson(join(directory, 'tokenizer_config.json'), {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: END_OF_TEXT_NAME,
    eos_token: END_OF_TEXT_NAME,
    model_max_length: config.positions,
    model_input_names: ['input_ids', 'attention_mask'],
    clean_up_tokenization_spaces: false,
  })
}

function llamaConfig(config: TransformerConfig) {
  const { vocabulary, width, layers, heads, hidden, positions, ropeTheta, epsilon } = config
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: vocabulary,
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    head_dim: width / heads,
    intermediate_size: hidden,
    hidden_act: 'silu',
    max_position_embeddings: positions,
    rope_theta: ropeTheta,
    rms_norm_eps: epsilon,
    tie_word_embeddings: false,
    attention_bias: false,
    mlp_bias: false,
    torch_dtype: 'float32',
  }
}

/** The file of the tokenizers library: GPT-2's byte-level encoding, an end of text before each text. */
function tokenizerFile(tokenizer: Tokenizer) {
  const { tokens, merges } = bytePairVocabulary(tokenizer)
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
  const start = { SpecialToken: { id: END_OF_TEXT_NAME, type_id: 0 } }
  const text = (id: string) => ({ Sequence: { id, type_id: 0 } })
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: END_OF_TEXT,
        content: END_OF_TEXT_NAME,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: {
      type: 'TemplateProcessing',
      single: [start, text('A')],
      pair: [start, text('A'), start, text('B')],
      special_tokens: {
        [END_OF_TEXT_NAME]: { id: END_OF_TEXT_NAME, ids: [END_OF_TEXT], tokens: [END_OF_TEXT_NAME] },
      },
    },
    decoder: byteLevel,
    model: bytePairModel({ tokens, merges, ignoreMerges: false }),
  }
}

function nameTensors({ config, weights }: StoredModel): Arrays {
  const { embedding, layers, outputNorm, output } = llamaTensors(config, weights)
  return new Map([
    ['model.embed_tokens.weight', embedding],
    ...layers.flatMap((layer, index) => {
      const own = `model.layers.${index}`
      return [
        [`${own}.input_layernorm.weight`, layer.attentionNorm],
        [`${own}.self_attn.q_proj.weight`, layer.query],
        [`${own}.self_attn.k_proj.weight`, layer.key],
        [`${own}.self_attn.v_proj.weight`, layer.value],
        [`${own}.self_attn.o_proj.weight`, layer.attentionOutput],
        [`${own}.post_attention_layernorm.weight`, layer.hiddenNorm],
        [`${own}.mlp.gate_proj.weight`, layer.gate],
        [`${own}.mlp.up_proj.weight`, layer.up],
        [`${own}.mlp.down_proj.weight`, layer.down],
      ] as const
    }),
    ['model.norm.weight', outputNorm],
    ['lm_head.weight', output],
  ])
}
