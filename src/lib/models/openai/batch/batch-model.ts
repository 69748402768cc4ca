import { join } from 'node:path'
import { ReversalError } from '../../../support/errors.ts'
import { sha256 } from '../../../support/files.ts'
import { untilStop } from '../../../support/until-stop.ts'
import { wait } from '../../../support/wait.ts'
import type {
  Availability,
  Completion,
  GenerateOptions,
  Generation,
  HostedAddress,
  LanguageModel,
  ScoreRequest,
  Scoring,
} from '../../language-model.ts'
import { ResponseCache } from '../../response-cache.ts'
import { UnansweredError } from '../../unanswered.ts'
import type { Address } from '../address.ts'
import { addressId, recordAddress, resolveAddress } from '../address.ts'
import type { Endpoint } from '../endpoint.ts'
import { endpointOf } from '../endpoint.ts'
import { hintsFor } from '../hints.ts'
import type { HostedModelOptions } from '../hosted-model.ts'
import { KnownAnswers, requestFor } from '../known-answers.ts'
import { Transport } from '../transport.ts'
import type { BatchLimits, BatchRequest } from './batch-requests.ts'
import { BATCH_LIMITS } from './batch-requests.ts'
import type { BatchProgress, Piece } from './batch-session.ts'
import { BatchSession } from './batch-session.ts'
import { BATCHES_FILE, Outbox } from './outbox.ts'
import { PostOffice } from './post-office.ts'

export interface BatchOptions {
  /**
   * Whether to wait until all batches have ended; otherwise `generate` yields the results that are ready and leaves out
   * the rest.
   */
  follow: boolean
  /** Called each time the batches are checked. */
  onLook?: ((progress: BatchProgress) => void) | undefined
  /** Only send failed requests again; those never sent are left out. */
  onlyAgain?: boolean | undefined
  limits?: BatchLimits | undefined
  /** Milliseconds from the first look at the batches to the next; the waits grow longer. */
  pollMs?: number | undefined
}

export interface BatchModelOptions extends HostedModelOptions {
  batch: BatchOptions
}

const LONGEST_POLL_MS = 60_000
const NO_SCORES = 'The Batch API gives no log-probabilities of texts that the model did not write.'

/** Opens a model that is used through the Batch API. Throws InputError if the options are invalid. */
export async function openBatchModel(options: BatchModelOptions): Promise<LanguageModel> {
  return new BatchModel(await Transport.open(options), options)
}

/**
 * A model asked through the Batch API, at half the price and within 24 hours. What is sent is written down in the folder
 * that `generate` is given, so that answers find their prompts whenever they are collected.
 */
class BatchModel implements LanguageModel {
  readonly id: string
  readonly hosted = true
  readonly address: HostedAddress
  readonly #transport: Transport
  readonly #address: Address
  readonly #endpoint: Endpoint
  readonly #known: KnownAnswers
  readonly #batch: BatchOptions

  constructor(
    transport: Transport,
    { batch, cache, onCacheFailure: onFailure, ...options }: BatchModelOptions,
  ) {
    const address = resolveAddress(options, transport.server)
    this.id = addressId(address)
    this.address = recordAddress(address)
    this.#transport = transport
    this.#address = address
    this.#endpoint = endpointOf(address, transport.server)
    this.#batch = batch
    const responses = cache === undefined ? undefined : new ResponseCache(cache, { onFailure })
    this.#known = new KnownAnswers({ address, endpoint: this.#endpoint, cache: responses })
  }

  /** Throws UnansweredError BATCH_INCOMPLETE, after yielding all results, if prompts got no answer. */
  async *generate(prompts: readonly string[], options: GenerateOptions): AsyncGenerator<Generation, void> {
    const outbox = await this.#openOutbox(options)
    // Requests that were sent are paid for, and may have been sent because an older answer was not wanted.
    const sent = new Set(outbox.open.flatMap(({ custom_ids }) => custom_ids))
    const answers: Samples[] = []
    for (const [index, prompt] of prompts.entries()) {
      const known = await this.#known.completions(prompt, options)
      answers[index] = known.map((answer, sample) =>
        sent.has(this.#request(prompt, options, sample).custom_id) ? undefined : answer,
      )
      if (isWhole(answers[index])) yield generationOf(index, answers[index])
    }
    const pieces = answers.flatMap((own, index) => this.#pieces(index, prompts[index]!, own, options))
    const session = this.#openSession(outbox, pieces, options)
    const { follow, onLook, pollMs = 2000 } = this.#batch
    for (let look = 0; ; look++) {
      const progress = yield* this.#receive(session, answers, options)
      onLook?.(progress)
      if (!follow || !session.waits) break
      await wait(Math.min(LONGEST_POLL_MS, pollMs * 1.5 ** look), options.signal)
    }
    const { troubles } = session
    if (troubles.length === 0) return
    throw new UnansweredError(troubles, {
      ...{ total: prompts.length, code: 'BATCH_INCOMPLETE' },
      hints: [
        ...(session.damaged ? ['without --batch, missing answers are requested, and paid for, again'] : []),
        ...hintsFor(troubles[0]!.reason),
      ],
    })
  }

  // biome-ignore lint/correctness/useYield: there is nothing to give
  async *score(requests: readonly ScoreRequest[]): AsyncGenerator<Scoring, void> {
    if (requests.length > 0) throw new ReversalError(NO_SCORES, { code: 'SCORING_UNAVAILABLE' })
  }

  async scoring(): Promise<Availability> {
    return { available: false, reason: NO_SCORES }
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  #openOutbox({ directory }: GenerateOptions): Promise<Outbox> {
    if (directory === undefined) throw new Error('Batches need a directory for their records.')
    const { baseUrl, organization, project } = this.#transport.server
    const { model, api, system, parameters } = this.#address
    return Outbox.open(join(directory, BATCHES_FILE), {
      server: { base_url: baseUrl, organization, project },
      address: { model, api, ...(system !== undefined && { system }), ...(parameters && { parameters }) },
    })
  }

  #openSession(outbox: Outbox, pieces: readonly Piece[], { signal }: GenerateOptions): BatchSession {
    const office = new PostOffice({ transport: this.#transport, outbox, signal })
    const read = (answer: unknown) => this.#endpoint.completions(answer)[0]!
    const { limits = BATCH_LIMITS, onlyAgain = false } = this.#batch
    return new BatchSession({ outbox, office, pieces, limits, onlyAgain, read })
  }

  /** Checks the batches once; yields each prompt that has all its samples. */
  async *#receive(session: BatchSession, answers: Samples[], options: GenerateOptions) {
    const arrivals = session.look()
    for (;;) {
      const next = await arrivals.next()
      if (next.done) return next.value
      const { index, prompt, sample } = next.value.piece
      const { text, ending } = next.value.completion
      const completion = { text: untilStop(text, options.stop), ending }
      await this.#known.keepCompletion(prompt, options, sample, completion)
      answers[index]![sample] = completion
      if (isWhole(answers[index]!)) yield generationOf(index, answers[index]!)
    }
  }

  /** The samples of a prompt that are not there. */
  #pieces(index: number, prompt: string, answers: Samples, options: GenerateOptions): Piece[] {
    return answers.flatMap((answer, sample) =>
      answer === undefined
        ? [{ index, prompt, sample, request: this.#request(prompt, options, sample) }]
        : [],
    )
  }

  #request(prompt: string, options: GenerateOptions, sample: number): BatchRequest {
    const url = `/v1${this.#endpoint.path}`
    const body = this.#endpoint.body(prompt, requestFor(options, { first: sample, n: 1 }))
    const custom_id = sha256(JSON.stringify([url, body, sample])).slice(0, 32)
    return { custom_id, method: 'POST', url, body }
  }
}

/** The answers to a prompt by sample; undefined while one is not there. */
type Samples = (Completion | undefined)[]

function isWhole(answers: Samples): boolean {
  return !answers.includes(undefined)
}

function generationOf(index: number, answers: Samples): Generation {
  const whole = answers as Completion[]
  return {
    index,
    completions: whole.map(({ text }) => text),
    endings: whole.map(({ ending }) => ending),
  }
}
