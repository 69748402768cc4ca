import { asCompleted } from '../../support/as-completed.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { untilStop } from '../../support/until-stop.ts'
import type {
  Availability,
  Completion,
  GenerateOptions,
  Generation,
  HostedAddress,
  LanguageModel,
  ScoreRequest,
  Scoring,
} from '../language-model.ts'
import type { CacheFailureListener } from '../response-cache.ts'
import { ResponseCache } from '../response-cache.ts'
import type { Unanswered } from '../unanswered.ts'
import { UnansweredError } from '../unanswered.ts'
import type { AddressOptions } from './address.ts'
import { addressId, recordAddress, resolveAddress } from './address.ts'
import type { Endpoint } from './endpoint.ts'
import { endpointOf } from './endpoint.ts'
import { NOT_A_NUMBER } from './failures.ts'
import { post, readJson } from './json-answer.ts'
import { KnownAnswers, requestFor } from './known-answers.ts'
import { explainUnknownModel } from './model-list.ts'
import { PromptRefusedError } from './refused-prompts.ts'
import { Scorer } from './scorer.ts'
import type { ServerOptions } from './server.ts'
import { Transport } from './transport.ts'

export interface HostedModelOptions extends ServerOptions, AddressOptions {
  /** Folder of cached answers; without it nothing is cached. */
  cache?: string | undefined
  onCacheFailure?: CacheFailureListener
}

/** Prompts that wait for their turn at once; the transport decides how many of them are under way. */
const PROMPTS_AT_ONCE = 512

/** Opens a model on a server with OpenAI's API. Throws InputError if the options are invalid. */
export async function openHostedModel(options: HostedModelOptions): Promise<HostedModel> {
  return new HostedModel(await Transport.open(options), options)
}

/** A model on a server with OpenAI's API, one request per prompt. */
class HostedModel implements LanguageModel {
  readonly id: string
  readonly hosted = true
  readonly address: HostedAddress
  readonly conversational: boolean
  readonly #transport: Transport
  readonly #model: string
  readonly #endpoint: Endpoint
  readonly #known: KnownAnswers
  readonly #scorer: Scorer
  #hasAnswered = false

  constructor(transport: Transport, options: HostedModelOptions) {
    const address = resolveAddress(options, transport.server)
    this.id = addressId(address)
    this.address = recordAddress(address)
    this.conversational = address.api === 'chat'
    this.#transport = transport
    this.#model = address.model
    this.#endpoint = endpointOf(address, transport.server)
    this.#scorer = new Scorer({ transport, address })
    const { onCacheFailure: onFailure } = options
    const cache = options.cache === undefined ? undefined : new ResponseCache(options.cache, { onFailure })
    this.#known = new KnownAnswers({ address, endpoint: this.#endpoint, cache })
  }

  /** Throws UnansweredError PROMPT_REFUSED, after everything that came, for prompts that the server refuses. */
  async *generate(prompts: readonly string[], options: GenerateOptions): AsyncGenerator<Generation, void> {
    const { signal } = options
    yield* this.#answerAll(prompts, signal, async (prompt, index, ends) => {
      const completions = await this.#complete(prompt, { ...options, signal: ends })
      return {
        index,
        completions: completions.map(({ text }) => text),
        endings: completions.map(({ ending }) => ending),
      }
    })
  }

  /** Throws UnansweredError as `generate` does. */
  async *score(
    requests: readonly ScoreRequest[],
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Scoring, void> {
    yield* this.#answerAll(requests, signal, async (request, index, ends) => ({
      index,
      ...(await this.#score(request, ends)),
    }))
  }

  scoring({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<Availability> {
    return this.#explainUnknownModel(() => this.#scorer.availability(signal))
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  /** The answers to many questions; questions that the server refuses are reported at the end. */
  async *#answerAll<T, R>(
    questions: readonly T[],
    signal: AbortSignal | undefined,
    answer: (question: T, index: number, ends: AbortSignal) => Promise<R>,
  ): AsyncGenerator<R, void> {
    const unanswered: Unanswered[] = []
    const work = async ([index, question]: [number, T], ends: AbortSignal) => {
      try {
        const result = await answer(question, index, ends)
        this.#hasAnswered = true
        return result
      } catch (error) {
        if (!this.#refusesPrompt(error)) throw error
        unanswered.push({ index, reason: error.message })
        return undefined
      }
    }
    const answers = asCompleted(questions.entries(), { limit: PROMPTS_AT_ONCE, signal }, work)
    for await (const result of answers) if (result !== undefined) yield result
    if (unanswered.length === 0) return
    throw new UnansweredError(unanswered, { total: questions.length, code: 'PROMPT_REFUSED' })
  }

  /** If a server accepted similar requests and refuses one for an unknown reason, it refuses the prompt. */
  #refusesPrompt(error: unknown): error is Error {
    if (error instanceof PromptRefusedError) return true
    return this.#hasAnswered && error instanceof InputError && error.code === 'REQUEST_REFUSED'
  }

  /** The samples of one prompt: those that are known, and the others in as few requests as the server allows. */
  async #complete(prompt: string, options: GenerateOptions): Promise<Completion[]> {
    const samples = await this.#known.completions(prompt, options)
    for (let first = samples.indexOf(undefined); first !== -1; first = samples.indexOf(undefined)) {
      const missing = samples.filter((known) => known === undefined).length
      const n = options.seed === undefined ? missing : 1
      const kept: Promise<void>[] = []
      // Servers that do not know `n` answer with one sample.
      for (const { text, ending } of (await this.#ask(prompt, options, { first, n })).slice(0, n)) {
        const sample = samples.indexOf(undefined)
        samples[sample] = { text: untilStop(text, options.stop), ending }
        kept.push(this.#known.keepCompletion(prompt, options, sample, samples[sample]))
      }
      await Promise.all(kept)
    }
    return samples as Completion[]
  }

  #ask(prompt: string, options: GenerateOptions, samples: { first: number; n: number }) {
    const { path } = this.#endpoint
    const body = this.#endpoint.body(prompt, requestFor(options, samples))
    const tokens = samples.n * options.maxTokens + prompt.length / 4
    return this.#explainUnknownModel(() =>
      this.#transport.call(
        post(path, body),
        async (response) => this.#endpoint.completions(await readJson(response)),
        { signal: options.signal, tokens, kind: 'complete' },
      ),
    )
  }

  async #score(request: ScoreRequest, signal: AbortSignal): Promise<Omit<Scoring, 'index'>> {
    const known = await this.#known.scores(request)
    if (known !== undefined) return { scores: known }
    try {
      const scores = await this.#scorer.score(request, signal)
      await this.#known.keepScores(request, scores)
      return { scores }
    } catch (error) {
      if (!(error instanceof ReversalError) || error.code !== NOT_A_NUMBER) throw error
      return { scores: [], unavailable: error.message }
    }
  }

  #explainUnknownModel<T>(work: () => Promise<T>): Promise<T> {
    return explainUnknownModel({ transport: this.#transport, model: this.#model }, work)
  }
}
