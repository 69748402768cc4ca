/** The tokens of r50k_base below this number are the 256 single bytes. */
const BYTES = 256
/** ID of the token at the start and end of every text. */
export const END_OF_TEXT = 0

/** What a tokenizer is restored from. */
export interface TokenizerRecord {
  encoding: 'r50k_base'
  /** Tokens of the encoding that have an ID here, other than the single bytes, ascending. */
  tokens: readonly number[]
}

interface BytePairs {
  /** The bytes of a token, as a text with one character per byte. */
  spell(token: number): string
  /** An encoder with only the given tokens, or with all. */
  encoder(tokens?: readonly number[]): (text: string) => number[]
}

/**
 * GPT-2's byte-pair encoding with only those merges that the training texts use, which keeps the output layer small:
 * the tokens of the texts and their parts. ID 0 is the end of text, 1 to 256 are the single bytes, and the rest follow
 * in the order of merging.
 *
 * The texts encode as with the whole encoding; any other text encodes, too, in more tokens. Every program that supports
 * byte-pair encodings does the same with the same vocabulary and merges, so an exported model reads texts as it does
 * here.
 */
export class Tokenizer {
  readonly record: TokenizerRecord
  /** The bytes of each ID, as a text with one character per byte. */
  readonly spellings: readonly string[]
  readonly #encode: (text: string) => number[]
  readonly #idOf: ReadonlyMap<number, number>

  constructor(record: TokenizerRecord, pairs: BytePairs) {
    const tokens = [...Array(BYTES).keys(), ...record.tokens]
    this.record = record
    this.spellings = ['', ...tokens.map((token) => pairs.spell(token))]
    this.#encode = pairs.encoder(tokens)
    this.#idOf = new Map(tokens.map((token, index) => [token, index + 1]))
  }

  /** Number of identifiers. */
  get size(): number {
    return this.spellings.length
  }

  /** The spellings that are merged, two and two, in the order of merging. */
  merges(): [left: string, right: string][] {
    const order = new Map(this.spellings.map((spelling, id) => [spelling, id]))
    return this.spellings.slice(1 + BYTES).map((spelling) => lastMerge(spelling, order))
  }

  /** The identifiers of a text, without an end of text. */
  encode(text: string): number[] {
    return this.#encode(text).map((token) => this.#idOf.get(token)!)
  }

  decode(ids: readonly number[]): string {
    return Buffer.from(ids.map((id) => this.spellings[id]!).join(''), 'latin1').toString('utf8')
  }
}

/** A tokenizer with the tokens of the given texts. */
export async function createTokenizer(texts: readonly string[]): Promise<Tokenizer> {
  const pairs = await loadBytePairs()
  const encode = pairs.encoder()
  const used = withParts(new Set(texts.flatMap(encode)), pairs)
  const tokens = [...used].filter((token) => token >= BYTES).sort((a, b) => a - b)
  return new Tokenizer({ encoding: 'r50k_base', tokens }, pairs)
}

/** The tokenizer that a record describes. */
export async function restoreTokenizer(record: TokenizerRecord): Promise<Tokenizer> {
  return new Tokenizer(record, await loadBytePairs())
}

/** Tokens with all that they are merged from. */
function withParts(tokens: ReadonlySet<number>, { spell }: BytePairs): Set<number> {
  const order = new Map(
    Array.from({ length: Math.max(0, ...tokens) + 1 }, (_, token) => [spell(token), token]),
  )
  const all = new Set(tokens)
  // Iterating over a set includes elements that are added meanwhile.
  for (const token of all) {
    if (token < BYTES) continue
    for (const part of lastMerge(spell(token), order)) all.add(order.get(part)!)
  }
  return all
}

/** The last merge that forms a token: byte-pair encoding of its text without the final step. */
function lastMerge(spelling: string, order: ReadonlyMap<string, number>): [left: string, right: string] {
  const parts = [...spelling]
  while (parts.length > 2) {
    const pairs = parts.slice(1).map((right, index) => order.get(parts[index]! + right) ?? Infinity)
    const first = pairs.indexOf(Math.min(...pairs))
    parts.splice(first, 2, parts[first]! + parts[first + 1]!)
  }
  return parts as [string, string]
}

/** Loading takes about a tenth of a second, so only those pay who encode. */
async function loadBytePairs(): Promise<BytePairs> {
  const [{ BytePairEncodingCore }, { R50KBase }, { default: ranks }] = await Promise.all([
    import('gpt-tokenizer/esm/BytePairEncodingCore'),
    import('gpt-tokenizer/esm/encodingParams/r50k_base'),
    import('gpt-tokenizer/esm/bpeRanks/r50k_base'),
  ])
  return {
    spell: (token) => Buffer.from(ranks[token] as string).toString('latin1'),
    encoder(tokens = [...ranks.keys()]) {
      const own: (typeof ranks)[number][] = []
      for (const token of tokens) own[token] = ranks[token]!
      const core = new BytePairEncodingCore(R50KBase(own))
      // Text that looks like a special token is ordinary text, as none is allowed.
      return (text) => core.encodeNative(text)
    },
  }
}
