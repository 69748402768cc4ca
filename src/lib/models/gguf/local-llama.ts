import type { Llama, LlamaModel, Token } from 'node-llama-cpp'
import type { Device } from '../../engine/device.ts'
import { sampleRandom } from '../../engine/sampling.ts'
import { targetRows } from '../../engine/target-rows.ts'
import type { GenerateOptions, Generation, ScoreRequest, Scoring } from '../../schemas/completion.ts'
import { asCompleted } from '../../support/as-completed.ts'
import { plural } from '../../support/numbers.ts'
import type { Unanswered } from '../unanswered.ts'
import { UnansweredError } from '../unanswered.ts'
import { Lane } from './lane.ts'
import { Lanes, planLanes } from './lanes.ts'
import { loadGgufModel, startLlama } from './load-llama.ts'

export interface LocalLlamaOptions {
  /** Absolute path of the file. */
  path: string
  device: Device
  threads?: number | undefined
  /** Maximum length of prompt and completion in tokens; by default the model's training length. */
  contextSize?: number | undefined
}

interface Asking {
  /** In its own context, without other texts in the batch. */
  alone: boolean
  signal: AbortSignal
}

/** A model that llama.cpp runs in this process. */
export class LocalLlama {
  readonly #model: LlamaModel
  readonly #contextSize: number | undefined
  readonly #lane: ConstructorParameters<typeof Lane>[1]
  readonly #lanes: Lanes

  private constructor(model: LlamaModel, { llama, options }: { llama: Llama; options: LocalLlamaOptions }) {
    this.#model = model
    this.#contextSize = options.contextSize
    const gpu = llama.gpu !== false
    const { lanes, threads } = planLanes({ threads: options.threads, gpu })
    // Not every GPU takes another cache than llama.cpp's own.
    this.#lane = { threads, exact: !gpu }
    this.#lanes = new Lanes(Array.from({ length: lanes }, () => new Lane(model, this.#lane)))
  }

  static async open(
    options: LocalLlamaOptions,
    { onProgress }: { onProgress: (share: number) => void },
  ): Promise<LocalLlama> {
    const llama = await startLlama(options.device)
    const model = await loadGgufModel(llama, { path: options.path, onProgress })
    return new LocalLlama(model, { llama, options })
  }

  /** Texts that it computes at a time. */
  get lanes(): number {
    return this.#lanes.count
  }

  /** Throws UnansweredError CONTEXT_TOO_SMALL, after all others, for texts that do not fit. */
  async *generate(
    prompts: readonly string[],
    { alone, signal, ...options }: Omit<GenerateOptions, 'signal'> & Asking,
  ): AsyncGenerator<Generation, void> {
    const { samples = 1, seed = 0, maxTokens } = options
    const rows = prompts.map((prompt, index) => ({ index, ids: this.#encode(prompt) }))
    const tooLong = this.#findTooLong(
      prompts,
      rows.map(({ ids }) => ids.length + maxTokens),
    )
    yield* this.#spread(fitting(rows, tooLong), { alone, signal }, async ({ index, ids }, lane, ends) => {
      const seeds = Array.from({ length: samples }, (_, sample) =>
        Number(sampleRandom(seed, prompts[index]!, sample).getrandbits(32)),
      )
      const completions = await lane.complete(ids, { ...options, seeds, signal: ends })
      return {
        index,
        completions: completions.map(({ text }) => text),
        endings: completions.map(({ ending }) => ending),
      }
    })
    this.#tellTooLong(tooLong, prompts.length)
  }

  /** Throws UnansweredError as `generate` does. */
  async *score(requests: readonly ScoreRequest[], asking: Asking): AsyncGenerator<Scoring, void> {
    const rows = requests.map((request, index) => ({
      index,
      targets: targetRows(request, (text) => this.#encode(text)),
    }))
    const tooLong = this.#findTooLong(
      requests.map(({ prompt }) => prompt),
      rows.map(({ targets }) => Math.max(0, ...targets.map(({ ids }) => ids.length))),
    )
    yield* this.#spread(fitting(rows, tooLong), asking, async ({ index, targets }, lane, signal) => {
      return { index, scores: await lane.score(targets, { signal }) }
    })
    this.#tellTooLong(tooLong, requests.length)
  }

  /** Works on rows in all lanes, or one after another in a lane that has computed nothing else. */
  async *#spread<R, T>(
    rows: readonly R[],
    { alone, signal }: Asking,
    work: (row: R, lane: Lane, signal: AbortSignal) => Promise<T>,
  ): AsyncGenerator<T, void> {
    if (!alone) {
      const limit = this.#lanes.count
      yield* asCompleted(rows, { limit, signal }, (row, ends) =>
        this.#lanes.use((lane) => work(row, lane, ends)),
      )
      return
    }
    const lane = new Lane(this.#model, this.#lane)
    try {
      for (const row of rows) {
        signal.throwIfAborted()
        yield await work(row, lane, signal)
      }
    } finally {
      await lane.close()
    }
  }

  /** The tokens of a text, after the beginning-of-text token if the model has one. */
  #encode(text: string): Token[] {
    const { bos, shouldPrependBosToken } = this.#model.tokens
    const start = shouldPrependBosToken && bos !== null ? [bos] : []
    return [...start, ...this.#model.tokenize(text, false)]
  }

  /** The texts that do not fit. */
  #findTooLong(prompts: readonly string[], lengths: readonly number[]): Unanswered[] {
    const limit = this.#contextSize ?? this.#model.trainContextSize
    const bound =
      this.#contextSize === undefined ? `the model was trained for ${limit}` : `the context has ${limit}`
    return lengths.flatMap((length, index) => {
      if (length <= limit) return []
      const start = JSON.stringify(prompts[index]!.slice(0, 40))
      const reason = `The prompt that starts with ${start} takes ${plural(length, 'token')} with its completion; ${bound}.`
      return [{ index, reason }]
    })
  }

  #tellTooLong(tooLong: readonly Unanswered[], total: number): void {
    if (tooLong.length === 0) return
    const hints = this.#contextSize === undefined ? [] : ['allow longer prompts: --context-size']
    throw new UnansweredError(tooLong, { total, code: 'CONTEXT_TOO_SMALL', hints })
  }
}

function fitting<T extends { index: number }>(rows: readonly T[], tooLong: readonly Unanswered[]): T[] {
  const left = new Set(tooLong.map(({ index }) => index))
  return rows.filter(({ index }) => !left.has(index))
}
