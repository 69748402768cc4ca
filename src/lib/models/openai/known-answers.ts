import type { FromSchema } from 'json-schema-to-ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type {
  Completion,
  Ending,
  GenerateOptions,
  ScoreRequest,
  TargetScore,
} from '../../schemas/completion.ts'
import { endingSchema } from '../../schemas/completion.ts'
import type { ResponseCache } from '../response-cache.ts'
import type { Address } from './address.ts'
import type { CompletionRequestOptions, Endpoint } from './endpoint.ts'

const completionSchema = {
  $id: 'cached-completion',
  type: 'object',
  required: ['text'],
  properties: {
    text: { type: 'string' },
    ending: endingSchema,
  },
} as const

const scoresSchema = {
  $id: 'cached-scores',
  type: 'object',
  required: ['scores'],
  properties: {
    scores: {
      type: 'array',
      items: {
        type: 'object',
        required: ['logprob', 'tokens'],
        properties: {
          logprob: { type: 'number' },
          tokens: { type: 'integer' },
          clamped: { type: 'boolean', const: true },
        },
      },
    },
  },
} as const

/** Endings of answers that a server holds back. */
const WITHHELD: readonly (string | undefined)[] = ['content_filter', 'refusal']

/** Whether an answer was withheld, by the server or by the model itself. */
export function isWithheld(ending: Ending | undefined): boolean {
  return WITHHELD.includes(ending?.reason)
}

const checkCompletion = schemaCheck(completionSchema)
const checkScores = schemaCheck(scoresSchema)

/** The answers of one model that were paid for before, if there is a cache. */
export class KnownAnswers {
  readonly #address: Address
  readonly #endpoint: Endpoint
  readonly #cache: ResponseCache | undefined

  constructor(options: { address: Address; endpoint: Endpoint; cache: ResponseCache | undefined }) {
    this.#address = options.address
    this.#endpoint = options.endpoint
    this.#cache = options.cache
  }

  /** The completions of a prompt by sample; undefined if one of them is not known. */
  async completions(prompt: string, options: GenerateOptions): Promise<(Completion | undefined)[]> {
    const samples = Array.from({ length: options.samples ?? 1 }, (_, sample) => sample)
    return Promise.all(samples.map((sample) => this.#completion(prompt, options, sample)))
  }

  /** Stores an answer, except filtered and refused ones, which may be answered another time. */
  async keepCompletion(
    prompt: string,
    options: GenerateOptions,
    sample: number,
    completion: Completion,
  ): Promise<void> {
    if (isWithheld(completion.ending)) return
    await this.#keep(this.#completionQuestion(prompt, options, sample), completion)
  }

  async scores(request: ScoreRequest): Promise<TargetScore[] | undefined> {
    type Entry = FromSchema<typeof scoresSchema>
    const entry = await this.#cache?.get<Entry>(this.#scoreQuestion(request), checkScores)
    return entry?.scores as TargetScore[] | undefined
  }

  async keepScores(request: ScoreRequest, scores: readonly TargetScore[]): Promise<void> {
    await this.#keep(this.#scoreQuestion(request), { scores })
  }

  async #completion(
    prompt: string,
    options: GenerateOptions,
    sample: number,
  ): Promise<Completion | undefined> {
    type Entry = FromSchema<typeof completionSchema>
    const question = this.#completionQuestion(prompt, options, sample)
    const entry = await this.#cache?.get<Entry>(question, checkCompletion)
    // Empty ones without an ending date from when errors still counted as answers.
    if (entry === undefined || (entry.ending === undefined && entry.text.trim() === '')) return undefined
    return { text: entry.text, ending: (entry.ending ?? { reason: 'unknown' }) as Ending }
  }

  async #keep(question: unknown, answer: object): Promise<void> {
    const { model } = this.#address
    await this.#cache?.set(question, answer, { model })
  }

  #completionQuestion(prompt: string, options: GenerateOptions, sample: number) {
    const { baseUrl, api } = this.#address
    const body = this.#endpoint.body(prompt, requestFor(options, { first: sample, n: 1 }))
    return { provider: 'openai', baseUrl, api, body, stop: options.stop ?? [], sample }
  }

  #scoreQuestion({ prompt, targets }: ScoreRequest) {
    return { provider: 'openai', ...this.#address, prompt, targets }
  }
}

/**
 * Request options for `n` samples, starting with number `first`. With a seed each sample has its own, so it is
 * requested separately.
 */
export function requestFor(
  { maxTokens, temperature, stop, seed, conversation }: GenerateOptions,
  { first, n }: { first: number; n: number },
): CompletionRequestOptions {
  return {
    maxTokens,
    temperature,
    n,
    ...(stop !== undefined && { stop }),
    ...(conversation !== undefined && { conversation }),
    ...(seed !== undefined && { seed: seed + first }),
  }
}
