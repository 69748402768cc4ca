import { baseModel } from './model-names.ts'

const ENCODINGS = {
  r50k_base: () => import('gpt-tokenizer/encoding/r50k_base'),
  p50k_base: () => import('gpt-tokenizer/encoding/p50k_base'),
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
  o200k_harmony: () => import('gpt-tokenizer/encoding/o200k_harmony'),
}

export type EncodingName = keyof typeof ENCODINGS

/** Older models by their names; all others, which are newer, have o200k_base. */
const OLDER: readonly [pattern: RegExp, encoding: EncodingName][] = [
  [/^gpt-oss/, 'o200k_harmony'],
  [/^text-davinci-00[23]$/, 'p50k_base'],
  [/^(babbage-002|davinci-002|gpt-3\.5|gpt-4(-|$))/, 'cl100k_base'],
  [/^(text-)?(ada|babbage|curie|davinci)(-001)?$/, 'r50k_base'],
]

/** The byte-pair encoding of a model of OpenAI's, fine-tuned or not. */
export function encodingOf(model: string): EncodingName {
  const base = baseModel(model)
  return OLDER.find(([pattern]) => pattern.test(base))?.[1] ?? 'o200k_base'
}

/** Counts the tokens of texts as a model cuts them. Loading takes up to a second. */
export async function tokenCounter(model: string): Promise<(text: string) => number> {
  const { countTokens } = await ENCODINGS[encodingOf(model)]()
  // Texts that look like special tokens are counted as the plain text that they are.
  const plain = { disallowedSpecial: new Set<string>() }
  return (text) => countTokens(text, plain)
}
