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
import type { Cache } from './decoder.ts'
import { Decoder } from './decoder.ts'
import type { DeviceOptions } from './device.ts'
import type { StoredModel } from './model-files.ts'
import { readModel } from './model-files.ts'
import { drawToken, sampleRandom } from './sampling.ts'
import type { TransformerConfig } from './sizes.ts'
import type { TargetRow } from './target-rows.ts'
import { targetRows } from './target-rows.ts'
import type { Tokenizer } from './tokenizer.ts'
import { END_OF_TEXT } from './tokenizer.ts'

/** Texts that are computed together. More are no faster, and their caches fall out of the processor's. */
const ROWS = 64

/** A completion in the making. */
interface Row {
  prompt: number
  ids: number[]
  written: number[]
  random: PythonRandom
}

/** A trained model that completes and scores texts. */
export class EngineModel {
  readonly config: TransformerConfig
  /** SHA-256 of the weights. */
  readonly checksum: string
  readonly #tokenizer: Tokenizer
  readonly #decoder: Decoder

  constructor({ config, checksum, tokenizer }: StoredModel, decoder: Decoder) {
    this.config = config
    this.checksum = checksum
    this.#tokenizer = tokenizer
    this.#decoder = decoder
  }

  /** Complete prompts, those of like length together; results come as they are ready, each index once. */
  async *generate(prompts: readonly string[], options: GenerateOptions): AsyncGenerator<Generation, void> {
    const { samples = 1, seed = 0 } = options
    const rows = prompts.flatMap((text, prompt) => {
      const ids = this.#encode(text, options.maxTokens)
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
      targets: targetRows(request, (text) => this.#encode(text)),
    }))
    const [single, several] = [
      rows.filter(({ targets }) => targets.length === 1),
      rows.filter(({ targets }) => targets.length !== 1),
    ]
    const byLength = single.toSorted((a, b) => a.targets[0]!.ids.length - b.targets[0]!.ids.length)
    for (const batch of chunks(byLength, ROWS)) {
      signal?.throwIfAborted()
      const logprobs = await this.#decoder.logprobs(batch.map(({ targets }) => targets[0]!.ids))
      for (const [row, { index, targets }] of batch.entries()) {
        yield { index, scores: [sumFrom(logprobs[row]!, targets[0]!.from - 1)] }
      }
    }
    for (const { index, targets } of several) {
      signal?.throwIfAborted()
      yield { index, scores: await this.#scoreTogether(targets) }
    }
  }

  async close(): Promise<void> {
    await this.#decoder.close()
  }

  /** Targets after one prompt: what they share is computed once. */
  async #scoreTogether(targets: readonly TargetRow[]): Promise<TargetScore[]> {
    if (targets.length === 0) return []
    const { ids, from } = targets[0]!
    const shared = from > 1 ? (await this.#decoder.next({ ids: [ids.slice(0, from - 1)] })).cache : undefined
    const scores: TargetScore[] = []
    for (const batch of chunks(targets, ROWS)) {
      const past = shared && this.#decoder.select(shared, Array(batch.length).fill(0))
      const logprobs = await this.#decoder.logprobs(
        batch.map((target) => target.ids.slice(from - 1)),
        past,
      )
      scores.push(...logprobs.map((values) => sumFrom(values, 0)))
    }
    return scores
  }

  async #complete(batch: readonly Row[], options: GenerateOptions): Promise<void> {
    const { maxTokens, temperature, signal } = options
    let rows = [...batch]
    const longest = Math.max(...rows.map(({ ids }) => ids.length))
    const pads = (row: Row) => longest - row.ids.length
    let ids = rows.map((row) => [...Array(pads(row)).fill(END_OF_TEXT), ...row.ids])
    let past: Cache | undefined
    for (let written = 0; written < maxTokens && rows.length > 0; written++) {
      signal?.throwIfAborted()
      const { logits, cache } = await this.#decoder.next({
        ids,
        padding: rows.map(pads),
        ...(past && { past }),
      })
      const V = this.config.vocabulary
      const open: number[] = []
      for (const [index, row] of rows.entries()) {
        const token = drawToken(logits.subarray(index * V, (index + 1) * V), temperature, row.random)
        if (token === END_OF_TEXT) continue
        row.written.push(token)
        if (!this.#stopped(row, options)) open.push(index)
      }
      past = open.length < rows.length ? this.#decoder.select(cache, open) : cache
      rows = open.map((index) => rows[index]!)
      ids = rows.map((row) => [row.written.at(-1)!])
    }
  }

  #stopped({ written }: Row, { stop = [] }: GenerateOptions): boolean {
    if (stop.length === 0) return false
    const text = this.#tokenizer.decode(written)
    return stop.some((end) => text.includes(end))
  }

  #text({ written }: Row, { stop }: GenerateOptions): string {
    return untilStop(this.#tokenizer.decode(written), stop)
  }

  /** The tokens of a text after the end of the one before. Throws InputError PROMPT_TOO_LONG. */
  #encode(text: string, room = 0): number[] {
    const ids = [END_OF_TEXT, ...this.#tokenizer.encode(text)]
    const { positions } = this.config
    if (ids.length + room <= positions) return ids
    const limit = `this model takes ${positions - room - 1}`
    const start = JSON.stringify(text.slice(0, 40))
    throw new InputError(
      `The prompt that starts with ${start} has ${plural(ids.length - 1, 'token')}; ${limit}.`,
      {
        code: 'PROMPT_TOO_LONG',
      },
    )
  }
}

/** Load a trained model. Throws InputError MODEL_NOT_FOUND or DEVICE_UNAVAILABLE, ReversalError FILE_CORRUPT. */
export async function loadModel(directory: string, options: DeviceOptions = {}): Promise<EngineModel> {
  const [ort, stored] = await Promise.all([import('onnxruntime-node'), readModel(directory)])
  return new EngineModel(stored, new Decoder(ort, stored.config, stored.weights, options))
}

function sumFrom(values: Float32Array, from: number): TargetScore {
  const own = values.subarray(from)
  return { logprob: own.reduce((total, value) => total + value, 0), tokens: own.length }
}
