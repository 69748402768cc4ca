/** The tokenizer of a GGUF file as the `tokenizer.json` of Hugging Face's tokenizers. */

import { bytePairModel } from '../../byte-pairs.ts'
import { FormatError, unsupported } from '../failures.ts'
import type { GgufMetadata } from './reader.ts'

const NORMAL = 1
const CONTROL = 3
const USER_DEFINED = 4
/** A row of the embedding that no token has. */
const UNUSED = 5

const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
const QWEN2 = LLAMA3.replace('\\p{N}{1,3}', '\\p{N}')

/** The way texts are cut before pairs are merged, by llama.cpp's name for it. */
const CUTS: Record<string, { normalizer?: object; preTokenizer: object }> = {
  'gpt-2': { preTokenizer: byteLevel(true) },
  smollm: { preTokenizer: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)) },
  'llama-bpe': { preTokenizer: sequence(splitBy(LLAMA3), byteLevel(false)) },
  qwen2: { normalizer: { type: 'NFC' }, preTokenizer: sequence(splitBy(QWEN2), byteLevel(false)) },
}
/** Other names of the same. */
const ALIASES: Record<string, string> = {
  llama3: 'llama-bpe',
  'llama-v3': 'llama-bpe',
  'deepseek-r1-qwen': 'qwen2',
}
/**
 * Llama 3's pre-tokenizer: a word that is a token is kept whole. llama.cpp adds the start of a text unless it is told
 * not to.
 */
const LLAMA3_CUT = 'llama-bpe'

/** True for a kind of tokenizer that `ggufTokenizer` reads. */
export function knowsTokenizer(metadata: GgufMetadata): boolean {
  const said = metadata.get('tokenizer.ggml.pre')
  const kind = typeof said === 'string' ? (ALIASES[said] ?? said) : ''
  return metadata.get('tokenizer.ggml.model') === 'gpt2' && CUTS[kind] !== undefined
}

/**
 * Throws FormatError if a `tokenizer.json` does not belong to the file, as one of its IDs means another token there.
 * Used for SentencePiece tokenizers, which GGUF files store without their merges.
 */
export function requireSameTokens(tokenizer: object, metadata: GgufMetadata): void {
  const { model } = tokenizer as { model?: { vocab?: unknown } }
  const tokens = metadata.get('tokenizer.ggml.tokens')
  const vocab = typeof model?.vocab === 'object' && model.vocab !== null ? Object.entries(model.vocab) : []
  const other = vocab.find(([token, id]) => !Array.isArray(tokens) || tokens[id] !== token)
  if (vocab.length > 0 && other === undefined) return
  const why =
    other === undefined ? 'it has no vocabulary' : `its token ${other[1]} is ${JSON.stringify(other[0])}`
  throw new FormatError(`the tokenizer.json next to it does not fit: ${why}`)
}

/** Throws InputError MODEL_UNSUPPORTED for a kind of tokenizer that is not byte-pair encoding of bytes. */
export function ggufTokenizer(metadata: GgufMetadata, path: string): object {
  const read = <T>(key: string) => metadata.get(`tokenizer.ggml.${key}`) as T | undefined
  const model = read<string>('model')
  const said = read<string>('pre') ?? 'default'
  const kind = ALIASES[said] ?? said
  const cut = CUTS[kind]
  if (model !== 'gpt2' || cut === undefined) {
    const shown = model === 'gpt2' ? kind : model
    throw unsupported(
      `${path} has a tokenizer of the kind ${JSON.stringify(shown)}, and the engine knows ${Object.keys(CUTS).join(', ')} in GGUF files: put the model's tokenizer.json next to the file`,
    )
  }
  const tokens = read<string[]>('tokens')
  const merges = read<string[]>('merges')
  if (tokens === undefined || merges === undefined) throw new FormatError('its tokenizer is missing')
  const types = read<number[]>('token_type') ?? []
  const added = tokens.flatMap((content, id) => {
    const type = types[id]
    if (type !== CONTROL && type !== USER_DEFINED) return []
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false }
    return [{ id, content, ...plain, special: type === CONTROL }]
  })
  const begin =
    (read<boolean>('add_bos_token') ?? kind === LLAMA3_CUT) ? read<number>('bos_token_id') : undefined
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: cut.normalizer ?? null,
    pre_tokenizer: cut.preTokenizer,
    post_processor: begin === undefined ? null : startWith(tokens[begin]!, begin),
    decoder: byteLevel(true),
    model: bytePairModel({
      tokens,
      merges: merges.map((pair) => pair.split(' ')),
      ignoreMerges: kind === LLAMA3_CUT,
    }),
  }
}

function byteLevel(regex: boolean) {
  return { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: regex }
}

function sequence(...parts: object[]) {
  return { type: 'Sequence', pretokenizers: parts }
}

function splitBy(pattern: string) {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false }
}

function startWith(content: string, id: number) {
  const text = (name: string, type: number) => ({ Sequence: { id: name, type_id: type } })
  const start = (type: number) => ({ SpecialToken: { id: content, type_id: type } })
  return {
    type: 'TemplateProcessing',
    single: [start(0), text('A', 0)],
    pair: [start(0), text('A', 0), start(1), text('B', 1)],
    special_tokens: { [content]: { id: content, ids: [id], tokens: [content] } },
  }
}

/** A tokenizer's entries in a GGUF file. */
export interface GgufVocabulary {
  /** llama.cpp's name for the way texts are cut. */
  cut: string
  tokens: string[]
  types: number[]
  merges: string[]
}

interface AddedToken {
  id: number
  content: string
  special: boolean
}

interface TokenizerJson {
  added_tokens?: AddedToken[]
  pre_tokenizer: Part | null
  model: {
    type: string
    vocab: Record<string, number>
    merges: (string | [string, string])[]
    byte_fallback?: boolean
  }
}

interface Part {
  type: string
  pretokenizers?: Part[]
  individual_digits?: boolean
  use_regex?: boolean
  pattern?: { Regex?: string }
}

/**
 * GGUF metadata for a `tokenizer.json`, for `rows` rows of the embedding. Throws InputError MODEL_UNSUPPORTED if
 * llama.cpp has no name for its pre-tokenizer.
 */
export function ggufVocabulary(file: object, rows: number): GgufVocabulary {
  const { model, pre_tokenizer: preTokenizer, added_tokens: added = [] } = file as TokenizerJson
  const cut = Object.entries(CUTS).find(([, known]) => sameCut(known.preTokenizer as Part, preTokenizer))?.[0]
  if (model.type !== 'BPE' || model.byte_fallback === true || cut === undefined) {
    throw unsupported(
      `This model's tokenizer cannot be written into a GGUF file, which supports only ${Object.keys(CUTS).join(', ')} here: export safetensors instead`,
    )
  }
  const tokens = Array.from({ length: rows }, (_, id) => `[UNUSED${id}]`)
  const types = Array<number>(rows).fill(UNUSED)
  for (const [token, id] of Object.entries(model.vocab)) {
    tokens[id] = token
    types[id] = NORMAL
  }
  for (const { id, content, special } of added) {
    tokens[id] = content
    types[id] = special ? CONTROL : USER_DEFINED
  }
  const merges = model.merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' ')))
  return { cut, tokens, types, merges }
}

function sameCut(a: Part, b: Part | null): boolean {
  return b !== null && JSON.stringify(outline(a)) === JSON.stringify(outline(b))
}

/** The relevant parts of a pre-tokenizer; an absent `use_regex` means true. */
function outline({
  type,
  pretokenizers,
  individual_digits: digits,
  use_regex: regex = true,
  pattern,
}: Part): unknown {
  if (type === 'Sequence') return pretokenizers?.map(outline)
  return [type, type === 'Digits' ? digits : type === 'ByteLevel' ? regex : pattern?.Regex]
}
