/** The tokenizer of a pretrained model. */
import type { Tokenizer } from '@huggingface/tokenizers'
import { FormatError } from './failures.ts'

/** Contents of `tokenizer.json` and `tokenizer_config.json`. */
export interface TokenizerFiles {
  tokenizer: object
  settings: object
}

export class PretrainedTokenizer {
  readonly files: TokenizerFiles
  /** Number of IDs: all are below it. */
  readonly size: number
  readonly #tokenizer: Tokenizer

  constructor(files: TokenizerFiles, tokenizer: Tokenizer) {
    this.files = files
    this.#tokenizer = tokenizer
    let last = -1
    for (const id of tokenizer.get_vocab(true).values()) last = Math.max(last, id)
    this.size = last + 1
  }

  /** The IDs of a text, after those with which the tokenizer starts every text. */
  encode(text: string): number[] {
    return this.#tokenizer.encode(text).ids
  }

  /** The text of ids, without special tokens. */
  decode(ids: readonly number[]): string {
    if (ids.length === 0) return ''
    return this.#tokenizer.decode([...ids], {
      skip_special_tokens: true,
      clean_up_tokenization_spaces: false,
    })
  }

  /** The ID of a token; undefined if there is none. */
  idOf(token: string): number | undefined {
    return this.#tokenizer.token_to_id(token)
  }
}

/** Creates a tokenizer. Throws FormatError if the files do not describe a supported one. */
export async function createPretrainedTokenizer(files: TokenizerFiles): Promise<PretrainedTokenizer> {
  const { Tokenizer } = await import('@huggingface/tokenizers')
  try {
    return new PretrainedTokenizer(files, new Tokenizer(files.tokenizer, files.settings))
  } catch (cause) {
    throw new FormatError(`its tokenizer is of an unknown kind (${(cause as Error).message})`)
  }
}
