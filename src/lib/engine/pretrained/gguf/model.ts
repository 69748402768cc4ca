/** A model in a GGUF file, as llama.cpp's converters write it, under the names of the Hugging Face Hub. */
import type { FileHandle } from 'node:fs/promises'
import { readBytes } from '../../safetensors.ts'
import type { NamedArray } from '../../weights.ts'
import { elements, transpose } from '../../weights.ts'
import type { Architecture, PretrainedConfig, RopeScaling } from '../architecture.ts'
import { ARCHITECTURES, rotaryFrequencies } from '../architecture.ts'
import { FormatError, unsupported } from '../failures.ts'
import type { WeightSource } from '../weight-source.ts'
import { BLOCK_TYPES } from './blocks.ts'
import type { GgufHeader, GgufTensor } from './reader.ts'

/** The decoder that a file's metadata describe. Throws as `parseConfig` does. */
export async function ggufConfig(
  { metadata, tensors }: Pick<GgufHeader, 'metadata' | 'tensors'>,
  path: string,
  file: FileHandle,
): Promise<PretrainedConfig> {
  const kind = metadata.get('general.architecture')
  const architecture = ARCHITECTURES.find((known) => known === kind)
  if (architecture === undefined) {
    throw unsupported(
      `${path} holds a model of the architecture ${JSON.stringify(kind)}, and the engine knows ${ARCHITECTURES.join(', ')}`,
    )
  }
  const number = (key: string, otherwise?: number): number => {
    const value = metadata.get(`${architecture}.${key}`) ?? otherwise
    if (typeof value === 'number' && value > 0) return value
    throw new FormatError(
      `${architecture}.${key} is ${JSON.stringify(value) ?? 'missing'}, not a positive number`,
    )
  }
  if ((metadata.get(`${architecture}.expert_count`) ?? 0) !== 0) {
    throw unsupported(`${path} holds a mixture of experts, which the engine does not know`)
  }
  const width = number('embedding_length')
  const heads = number('attention.head_count')
  const headSize = number('attention.key_length', width / heads)
  const has = (name: string) => tensors.has(name)
  const ids = ['tokenizer.ggml.eos_token_id', 'tokenizer.ggml.eot_token_id'].map((key) => metadata.get(key))
  const begin = metadata.get('tokenizer.ggml.bos_token_id')
  const gpt2 = architecture === 'gpt2'
  const theta = gpt2 ? 0 : number('rope.freq_base', 10_000)
  return {
    architecture,
    vocabulary: tensors.get('token_embd.weight')?.shape[0] ?? 0,
    width,
    layers: number('block_count'),
    heads,
    keyValueHeads: number('attention.head_count_kv', heads),
    headSize,
    hidden: number('feed_forward_length'),
    positions: number('context_length'),
    // A float32 in the file: 1e-5 reads 0.00000999999974.
    epsilon: Number(
      number(gpt2 ? 'attention.layer_norm_epsilon' : 'attention.layer_norm_rms_epsilon').toPrecision(7),
    ),
    tied: !has('output.weight'),
    ...(!gpt2 && {
      rope: {
        theta,
        scaling: await ropeScaling({ metadata, tensors }, { theta, headSize, path, architecture }, file),
      },
    }),
    biases: {
      queryKeyValue: has('blk.0.attn_q.bias') || has('blk.0.attn_qkv.bias'),
      attentionOutput: has('blk.0.attn_output.bias'),
      feedForward: has('blk.0.ffn_up.bias'),
    },
    special: {
      ...(typeof begin === 'number' && { begin }),
      ends: [...new Set(ids.filter((id) => typeof id === 'number'))],
    },
  }
}

/** The scaling of Llama 3.1 and 3.2 as published; a GGUF file contains only the resulting quotients. */
const KNOWN_SCALINGS: readonly RopeScaling[] = [8, 32].map((factor) => {
  return { factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8192 }
})

async function ropeScaling(
  { metadata, tensors }: Pick<GgufHeader, 'metadata' | 'tensors'>,
  {
    theta,
    headSize,
    path,
    architecture,
  }: { theta: number; headSize: number; path: string; architecture: Architecture },
  file: FileHandle,
): Promise<RopeScaling | undefined> {
  const type = metadata.get(`${architecture}.rope.scaling.type`) ?? 'none'
  if (type !== 'none') {
    throw unsupported(
      `${path} scales its positions in the way ${JSON.stringify(type)}, which the engine does not know`,
    )
  }
  const stored = tensors.get('rope_freqs.weight')
  if (stored === undefined) return undefined
  const { data: quotients } = await readTensor('rope_freqs.weight', stored, file)
  const plain = rotaryFrequencies({ theta }, headSize)
  const known = KNOWN_SCALINGS.find((scaling) => {
    const stretched = rotaryFrequencies({ theta, scaling }, headSize)
    return quotients.every(
      (quotient, index) => Math.abs(plain[index]! / stretched[index]! / quotient - 1) < 1e-4,
    )
  })
  if (known !== undefined) return known
  throw unsupported(`${path} scales its positions in a way that is not Llama 3's`)
}

/** The weights of a file. */
export function ggufWeights(
  { tensors, size }: GgufHeader,
  config: PretrainedConfig,
  file: FileHandle,
): WeightSource {
  const places = new Map(
    Array.from(tensors, ([name, tensor]) => [hubName(name, config.architecture), { name, tensor }] as const),
  )
  return {
    names: () => new Set(places.keys()),
    shapeOf(name) {
      const { name: own, tensor } = places.get(name)!
      if (endOf(own, tensor) > size)
        throw new FormatError(
          `it ends after ${size} bytes, and the weight ${own} needs ${endOf(own, tensor)}`,
        )
      return isTurned(own, config) ? tensor.shape.toReversed() : tensor.shape
    },
    async read(name) {
      const place = places.get(name)!
      return arrange(place.name, await readTensor(place.name, place.tensor, file), config)
    },
  }
}

function blockType(name: string, type: number) {
  const kind = BLOCK_TYPES[type]
  if (kind !== undefined) return kind
  const known = Object.values(BLOCK_TYPES).map((each) => each.name)
  throw new FormatError(
    `the weight ${name} has ggml's type ${type}, and the engine reads ${known.join(', ')}`,
  )
}

function endOf(name: string, { type, shape, start }: GgufTensor): number {
  const kind = blockType(name, type)
  return start + (elements(shape) / kind.elements) * kind.bytes
}

async function readTensor(
  name: string,
  { type, shape, start }: GgufTensor,
  file: FileHandle,
): Promise<NamedArray> {
  const kind = blockType(name, type)
  const end = endOf(name, { type, shape, start })
  try {
    return { shape, data: kind.decode(await readBytes(file, start, end), elements(shape)) }
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError(error.message)
    throw error
  }
}

const LLAMA_PARTS: Record<string, string> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
}
const GPT2_PARTS: Record<string, string> = {
  attn_norm: 'ln_1',
  attn_qkv: 'attn.c_attn',
  attn_output: 'attn.c_proj',
  ffn_norm: 'ln_2',
  ffn_up: 'mlp.c_fc',
  ffn_down: 'mlp.c_proj',
}
const LLAMA_WHOLE: Record<string, string> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
}
const GPT2_WHOLE: Record<string, string> = {
  token_embd: 'transformer.wte',
  position_embd: 'transformer.wpe',
  output_norm: 'transformer.ln_f',
  output: 'lm_head',
}

/** llama.cpp's name of a tensor on the Hub; itself for one that the engine does not know. */
function hubName(name: string, architecture: Architecture): string {
  const gpt2 = architecture === 'gpt2'
  const [, layer, part = '', kind] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? []
  const known = (layer === undefined ? (gpt2 ? GPT2_WHOLE : LLAMA_WHOLE) : gpt2 ? GPT2_PARTS : LLAMA_PARTS)[
    part
  ]
  if (known === undefined) return name
  const module = layer === undefined ? known : `${gpt2 ? 'transformer.h' : 'model.layers'}.${layer}.${known}`
  return `${module}.${kind}`
}

/** The Hub's name of a tensor as llama.cpp has it. */
export function ggufName(name: string, architecture: Architecture): string {
  const gpt2 = architecture === 'gpt2'
  const [, layer, part = '', kind] =
    /^(?:(?:model\.layers|transformer\.h)\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(name) ?? []
  const names = layer === undefined ? (gpt2 ? GPT2_WHOLE : LLAMA_WHOLE) : gpt2 ? GPT2_PARTS : LLAMA_PARTS
  const known = Object.entries(names).find(([, hub]) => hub === part)![0]
  return `${layer === undefined ? '' : `blk.${layer}.`}${known}.${kind}`
}

/** True for a matrix that llama.cpp has the other way round. */
function isTurned(name: string, { architecture }: PretrainedConfig): boolean {
  return architecture === 'gpt2' && /^blk\..*(qkv|output|up|down)\.weight$/.test(name)
}

/** A tensor as the Hub has it: llama.cpp turns GPT-2's matrices and moves the rows of Llama's queries and keys. */
function arrange(name: string, array: NamedArray, config: PretrainedConfig): NamedArray {
  if (isTurned(name, config)) return transpose(array)
  if (config.architecture !== 'llama') return array
  if (/attn_q\.(weight|bias)$/.test(name)) return moveRows(array, config.heads, partHalves)
  if (/attn_k\.(weight|bias)$/.test(name)) return moveRows(array, config.keyValueHeads, partHalves)
  return array
}

/** The reverse of `arrange`, for a tensor that is named as on the Hub. */
export function arrangeForGguf(name: string, array: NamedArray, config: PretrainedConfig): NamedArray {
  if (config.architecture === 'gpt2' && /\.(c_attn|c_proj|c_fc)\.weight$/.test(name)) return transpose(array)
  if (config.architecture !== 'llama') return array
  if (/q_proj\.(weight|bias)$/.test(name)) return moveRows(array, config.heads, interleave)
  if (/k_proj\.(weight|bias)$/.test(name)) return moveRows(array, config.keyValueHeads, interleave)
  return array
}

/** llama.cpp rotates neighbours (2i, 2i + 1) of a head, the Hub's models rotate (i, i + K/2). */
function partHalves(within: number, size: number): number {
  return (within % 2) * (size / 2) + Math.floor(within / 2)
}

function interleave(within: number, size: number): number {
  return within < size / 2 ? 2 * within : 2 * (within - size / 2) + 1
}

/** A matrix with the rows of each head at other places, or a bias with its elements so. */
function moveRows(
  { shape, data }: NamedArray,
  heads: number,
  placeOf: (within: number, size: number) => number,
): NamedArray {
  const rows = shape[0]!
  const columns = data.length / rows
  const size = rows / heads
  const moved = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    const within = row % size
    const target = row - within + placeOf(within, size)
    moved.set(data.subarray(row * columns, (row + 1) * columns), target * columns)
  }
  return { shape, data: moved }
}
