/** The tokens of r50k_base below this number are the 256 single bytes. */
const BYTES = 256
/** Identifier of the token that begins and ends every text. */
export const END_OF_TEXT = 0

/** What a tokenizer is made from again. */
export interface TokenizerRecord {
  encoding: 'r50k_base'
  /** Tokens of the encoding that have an identifier of their own besides the single bytes, ascending. */
  tokens: readonly number[]
}

interface BytePairs {
  encode(text: string): number[]
  /** The bytes of a token. */
  spell(token: number): Uint8Array
}

/**
 * GPT-2's byte-pair encoding with only the tokens that the training texts use, which keeps the output layer
 * small. Identifier 0 is the end of text, 1 to 256 are the single bytes and the rest follow. What has no
 * identifier is spelled in bytes, so any text encodes and decodes.
 */
export class Tokenizer {
  readonly record: TokenizerRecord
  readonly #pairs: BytePairs
  readonly #bytesOf: readonly Uint8Array[]
  readonly #idOf: ReadonlyMap<number, number>
  readonly #idOfByte: ReadonlyMap<number, number>

  constructor(record: TokenizerRecord, pairs: BytePairs) {
    const tokens = [...Array(BYTES).keys(), ...record.tokens]
    this.record = record
    this.#pairs = pairs
    this.#bytesOf = [new Uint8Array(), ...tokens.map((token) => pairs.spell(token))]
    this.#idOf = new Map(tokens.map((token, index) => [token, index + 1]))
    this.#idOfByte = new Map(tokens.slice(0, BYTES).map((token) => [pairs.spell(token)[0]!, token + 1]))
  }

  /** Number of identifiers. */
  get size(): number {
    return this.#bytesOf.length
  }

  /** The identifiers of a text, without an end of text. */
  encode(text: string): number[] {
    return this.#pairs
      .encode(text)
      .flatMap(
        (token) =>
          this.#idOf.get(token) ?? Array.from(this.#pairs.spell(token), (byte) => this.#idOfByte.get(byte)!),
      )
  }

  decode(ids: readonly number[]): string {
    return Buffer.concat(ids.map((id) => this.#bytesOf[id]!)).toString('utf8')
  }
}

/** A tokenizer with the tokens of the given texts. */
export async function createTokenizer(texts: readonly string[]): Promise<Tokenizer> {
  const pairs = await loadBytePairs()
  const used = new Set(texts.flatMap((text) => pairs.encode(text)))
  const tokens = [...used].filter((token) => token >= BYTES).sort((a, b) => a - b)
  return new Tokenizer({ encoding: 'r50k_base', tokens }, pairs)
}

/** The tokenizer that a record describes. */
export async function restoreTokenizer(record: TokenizerRecord): Promise<Tokenizer> {
  return new Tokenizer(record, await loadBytePairs())
}

/** Loading takes about a tenth of a second, so only those pay who encode. */
async function loadBytePairs(): Promise<BytePairs> {
  const [{ encode }, { default: ranks }] = await Promise.all([
    import('gpt-tokenizer/esm/encoding/r50k_base'),
    import('gpt-tokenizer/esm/bpeRanks/r50k_base'),
  ])
  const utf8 = new TextEncoder()
  return {
    // Text that looks like a special token is text.
    encode: (text) => encode(text, { disallowedSpecial: new Set() }),
    spell(token) {
      const bytes = ranks[token]!
      return typeof bytes === 'string' ? utf8.encode(bytes) : Uint8Array.from(bytes)
    },
  }
}
