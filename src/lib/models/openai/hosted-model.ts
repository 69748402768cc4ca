import { asCompleted } from '../../support/as-completed.ts'
import { untilStop } from '../../support/until-stop.ts'
import type {
  Availability,
  GenerateOptions,
  Generation,
  LanguageModel,
  ScoreRequest,
  Scoring,
  TargetScore,
} from '../language-model.ts'
import { ResponseCache } from '../response-cache.ts'
import type { AddressOptions } from './address.ts'
import { addressId, resolveAddress } from './address.ts'
import type { Endpoint } from './endpoint.ts'
import { endpointOf } from './endpoint.ts'
import { KnownAnswers, requestFor } from './known-answers.ts'
import { explainUnknownModel } from './model-list.ts'
import { Scorer } from './scorer.ts'
import type { ServerOptions } from './server.ts'
import { Transport } from './transport.ts'

export interface HostedModelOptions extends ServerOptions, AddressOptions {
  /** Folder that keeps answers; without it each question is asked anew. */
  cache?: string | undefined
}

/** Prompts that wait for their turn at once; the transport decides how many of them are under way. */
const PROMPTS_AT_ONCE = 512

/** A model on a server that speaks OpenAI's API. Throws InputError where the options cannot be right. */
export async function openHostedModel(options: HostedModelOptions): Promise<HostedModel> {
  return new HostedModel(await Transport.open(options), options)
}

/** A model on a server that speaks OpenAI's API, asked one prompt a request. */
export class HostedModel implements LanguageModel {
  readonly id: string
  readonly hosted = true
  readonly conversational: boolean
  readonly #transport: Transport
  readonly #model: string
  readonly #endpoint: Endpoint
  readonly #known: KnownAnswers
  readonly #scorer: Scorer

  constructor(transport: Transport, options: HostedModelOptions) {
    const address = resolveAddress(options, transport.server)
    this.id = addressId(address)
    this.conversational = address.api === 'chat'
    this.#transport = transport
    this.#model = address.model
    this.#endpoint = endpointOf(address, transport.server)
    this.#scorer = new Scorer({ transport, address })
    const cache = options.cache === undefined ? undefined : new ResponseCache(options.cache)
    this.#known = new KnownAnswers({ address, endpoint: this.#endpoint, cache })
  }

  async *generate(prompts: readonly string[], options: GenerateOptions): AsyncGenerator<Generation, void> {
    const { signal } = options
    yield* asCompleted(
      prompts.entries(),
      { limit: PROMPTS_AT_ONCE, signal },
      async ([index, prompt], ends) => ({
        index,
        completions: await this.#complete(prompt, { ...options, signal: ends }),
      }),
    )
  }

  async *score(
    requests: readonly ScoreRequest[],
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncGenerator<Scoring, void> {
    yield* asCompleted(
      requests.entries(),
      { limit: PROMPTS_AT_ONCE, signal },
      async ([index, request], ends) => ({
        index,
        scores: await this.#score(request, ends),
      }),
    )
  }

  scoring({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<Availability> {
    return this.#explainUnknownModel(() => this.#scorer.availability(signal))
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  /** The samples of one prompt: those that are known, and the others in as few requests as the server allows. */
  async #complete(prompt: string, options: GenerateOptions): Promise<string[]> {
    const texts = await this.#known.completions(prompt, options)
    for (let first = texts.indexOf(undefined); first !== -1; first = texts.indexOf(undefined)) {
      const missing = texts.filter((text) => text === undefined).length
      const n = options.seed === undefined ? missing : 1
      // Servers that do not know `n` answer with one sample.
      for (const text of (await this.#ask(prompt, options, { first, n })).slice(0, n)) {
        const sample = texts.indexOf(undefined)
        texts[sample] = untilStop(text, options.stop)
        await this.#known.keepCompletion(prompt, options, sample, texts[sample])
      }
    }
    return texts as string[]
  }

  #ask(prompt: string, options: GenerateOptions, samples: { first: number; n: number }): Promise<string[]> {
    const { path } = this.#endpoint
    const body = this.#endpoint.body(prompt, requestFor(options, samples))
    const tokens = samples.n * options.maxTokens + prompt.length / 4
    return this.#explainUnknownModel(() =>
      this.#transport.call<unknown, string[]>(
        (client, request) => client.post(path, { body, ...request }),
        (answer) => this.#endpoint.texts(answer),
        { signal: options.signal, tokens, kind: 'complete' },
      ),
    )
  }

  async #score(request: ScoreRequest, signal: AbortSignal): Promise<TargetScore[]> {
    const known = await this.#known.scores(request)
    if (known !== undefined) return known
    const scores = await this.#scorer.score(request, signal)
    await this.#known.keepScores(request, scores)
    return scores
  }

  #explainUnknownModel<T>(work: () => Promise<T>): Promise<T> {
    return explainUnknownModel({ transport: this.#transport, model: this.#model }, work)
  }
}
