import type {
  GenerateOptions,
  Generation,
  ScoreRequest,
  Scoring,
  TargetScore,
} from '../schemas/completion.ts'
import { chunks } from '../support/chunks.ts'
import { InputError } from '../support/errors.ts'
import { plural } from '../support/numbers.ts'
import type { PythonRandom } from '../support/python-random.ts'
import { untilStop } from '../support/until-stop.ts'
import { Decoder, localDecodable, MOST_SCORES, PADDING } from './decoder.ts'
import type { DeviceOptions } from './device.ts'
import { MaskedDecoder } from './masked-decoder.ts'
import { readModel } from './model-files.ts'
import { directionTokens, looksBothWays, maskToken } from './objectives.ts'
import type { RowDecoder } from './row-decoder.ts'
import { drawToken, sampleRandom } from './sampling.ts'
import type { TargetRow } from './target-rows.ts'
import { targetRows } from './target-rows.ts'
import { END_OF_TEXT } from './tokenizer.ts'

/** Texts that are computed together. More are no faster, and their caches fall out of the processor's. */
const ROWS = 64

/** How a model reads and writes texts. */
export interface TextCodec {
  /** The tokens of a text, after those with which the model starts every text. */
  encode(text: string): number[]
  decode(ids: readonly number[]): string
  /** Number of tokens that have a text; the model may score more. */
  tokens: number
  /** Each of these ends a completion. */
  ends: ReadonlySet<number>
  /** Precedes a text whose first token would otherwise follow nothing. */
  begin: number
}

/** The parts of an engine model. */
export interface EngineModelParts {
  /** SHA-256 of the weights. */
  checksum: string
  codec: TextCodec
  /** Scores at each position (V). */
  vocabulary: number
  /** Maximum length of a text in tokens, including its start. */
  positions: number
}

/** A completion in the making. */
interface Row {
  prompt: number
  ids: number[]
  written: number[]
  random: PythonRandom
}

/** Error code for a text that is longer than the model allows. It is thrown before any result. */
export const PROMPT_TOO_LONG = 'PROMPT_TOO_LONG'

/** A model that completes and scores texts. */
export class EngineModel {
  /** SHA-256 of the weights. */
  readonly checksum: string
  readonly #parts: EngineModelParts
  readonly #decoder: RowDecoder

  constructor(parts: EngineModelParts, decoder: RowDecoder) {
    this.checksum = parts.checksum
    this.#parts = parts
    this.#decoder = decoder
  }

  /** Completes prompts, those of similar length together; results come as they are ready, each index once. */
  async *generate(prompts: readonly string[], options: GenerateOptions): AsyncGenerator<Generation, void> {
    const { samples = 1, seed = 0 } = options
    const rows = prompts.flatMap((text, prompt) => {
      const encoded = this.#encode(text, options.maxTokens)
      const ids = encoded.length > 0 ? encoded : [this.#parts.codec.begin]
      return Array.from({ length: samples }, (_, sample): Row => {
        return { prompt, ids, written: [], random: sampleRandom(seed, text, sample) }
      })
    })
    const byLength = rows.toSorted((a, b) => a.ids.length - b.ids.length)
    // A prompt's samples stay in one batch, so its answer is whole when the batch is.
    for (const batch of chunks(byLength, Math.max(1, Math.floor(ROWS / samples)) * samples)) {
      await this.#complete(batch, options)
      for (const [index, written] of Map.groupBy(batch, ({ prompt }) => prompt)) {
        yield { index, completions: written.map((row) => this.#text(row, options)) }
      }
    }
  }

  /** Log-probabilities of targets after their prompts; results come as they are ready, each index once. */
  async *score(
    requests: readonly ScoreRequest[],
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Scoring, void> {
    const rows = requests.map((request, index) => ({
      index,
      targets: this.#afterSomething(targetRows(request, (text) => this.#encode(text))),
    }))
    const [single, several] = [
      rows.filter(({ targets }) => targets.length === 1),
      rows.filter(({ targets }) => targets.length !== 1),
    ]
    const byLength = single.toSorted((a, b) => a.targets[0]!.ids.length - b.targets[0]!.ids.length)
    const longest = Math.max(1, ...byLength.map(({ targets }) => targets[0]!.ids.length))
    for (const batch of chunks(byLength, this.#rowsOf(longest))) {
      signal?.throwIfAborted()
      const logprobs = await this.#decoder.logprobs(batch.map(({ targets }) => targets[0]!))
      for (const [row, { index }] of batch.entries()) {
        yield { index, scores: [sumOf(logprobs[row]!)] }
      }
    }
    for (const { index, targets } of several) {
      signal?.throwIfAborted()
      yield { index, scores: await this.#scoreTogether(targets) }
    }
  }

  /** Why a text does not fit if `room` tokens must follow it: a sentence; undefined if it fits. */
  whyTooLong(text: string, { room = 0 }: { room?: number } = {}): string | undefined {
    return this.#explainLength(text, { length: this.#parts.codec.encode(text).length, room })
  }

  async close(): Promise<void> {
    await this.#decoder.close()
  }

  /** Scores targets after one prompt; their common tokens are computed once. */
  async #scoreTogether(targets: readonly TargetRow[]): Promise<TargetScore[]> {
    if (targets.length === 0) return []
    const { ids, from } = targets[0]!
    const endings = targets.map((target) => target.ids.slice(from))
    return (await this.#decoder.logprobsAfter(ids.slice(0, from), endings)).map(sumOf)
  }

  /** How many rows of a length are scored together. */
  #rowsOf(length: number): number {
    return Math.max(1, Math.min(ROWS, Math.floor(MOST_SCORES / (length * this.#parts.vocabulary))))
  }

  /** Adds the token that precedes a text to rows whose first token belongs to a target. */
  #afterSomething(rows: readonly TargetRow[]): readonly TargetRow[] {
    const { begin } = this.#parts.codec
    return rows.map(({ ids, from }) => (from > 0 ? { ids, from } : { ids: [begin, ...ids], from: 1 }))
  }

  async #complete(batch: readonly Row[], options: GenerateOptions): Promise<void> {
    const { maxTokens, temperature, signal } = options
    let rows = [...batch]
    const longest = Math.max(...rows.map(({ ids }) => ids.length))
    const pads = (row: Row) => longest - row.ids.length
    let ids = rows.map((row) => [...Array(pads(row)).fill(PADDING), ...row.ids])
    let past: unknown
    for (let written = 0; written < maxTokens && rows.length > 0; written++) {
      signal?.throwIfAborted()
      const { logits, past: present } = await this.#decoder.next({
        ids,
        padding: rows.map(pads),
        ...(past !== undefined && { past }),
      })
      const { vocabulary: V, codec } = this.#parts
      const open: number[] = []
      for (const [index, row] of rows.entries()) {
        const token = drawToken(logits.subarray(index * V, index * V + codec.tokens), temperature, row.random)
        if (codec.ends.has(token)) continue
        row.written.push(token)
        if (!this.#stopped(row, options)) open.push(index)
      }
      past = open.length < rows.length ? this.#decoder.select(present, open) : present
      rows = open.map((index) => rows[index]!)
      ids = rows.map((row) => [row.written.at(-1)!])
    }
    if (past !== undefined) this.#decoder.release(past)
  }

  #stopped({ written }: Row, { stop = [] }: GenerateOptions): boolean {
    if (stop.length === 0) return false
    const text = this.#parts.codec.decode(written)
    return stop.some((end) => text.includes(end))
  }

  #text({ written }: Row, { stop }: GenerateOptions): string {
    return untilStop(this.#parts.codec.decode(written), stop)
  }

  /** The tokens of a text with those that precede it. Throws InputError PROMPT_TOO_LONG. */
  #encode(text: string, room = 0): number[] {
    const ids = this.#parts.codec.encode(text)
    const reason = this.#explainLength(text, { length: ids.length, room })
    if (reason !== undefined) throw new InputError(reason, { code: PROMPT_TOO_LONG })
    return ids
  }

  #explainLength(text: string, { length, room }: { length: number; room: number }): string | undefined {
    const { codec, positions } = this.#parts
    if (length + room <= positions) return undefined
    const before = codec.encode('').length
    const start = JSON.stringify(text.slice(0, 40))
    const limit = `this model takes ${positions - room - before}`
    return `The prompt that starts with ${start} has ${plural(length - before, 'token')}; ${limit}.`
  }
}

/** Loads a trained model. Throws InputError MODEL_NOT_FOUND or DEVICE_UNAVAILABLE, ReversalError FILE_CORRUPT. */
export async function loadModel(directory: string, options: DeviceOptions = {}): Promise<EngineModel> {
  const [ort, { config, checksum, tokenizer, weights }] = await Promise.all([
    import('onnxruntime-node'),
    readModel(directory),
  ])
  const begin = config.objective === 'both-directions' ? directionTokens(config).forward : END_OF_TEXT
  const parts: EngineModelParts = {
    ...{ checksum, vocabulary: config.vocabulary, positions: config.positions },
    codec: {
      encode: (text) => [begin, ...tokenizer.encode(text)],
      decode: (ids) => tokenizer.decode(ids),
      tokens: config.vocabulary,
      ends: new Set([END_OF_TEXT]),
      begin,
    },
  }
  const decoder = new Decoder(ort, localDecodable(config, weights), options)
  return new EngineModel(
    parts,
    looksBothWays(config) ? new MaskedDecoder(decoder, maskToken(config)) : decoder,
  )
}

function sumOf(logprobs: Float32Array): TargetScore {
  return { logprob: logprobs.reduce((total, value) => total + value, 0), tokens: logprobs.length }
}
