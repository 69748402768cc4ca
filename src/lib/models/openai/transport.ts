import type { APIPromise, OpenAI } from 'openai'
import { throughClosing } from '../../support/closing.ts'
import { ReversalError } from '../../support/errors.ts'
import { wait } from '../../support/wait.ts'
import type { OpenedClient } from './client.ts'
import { openClient } from './client.ts'
import type { Failure } from './failures.ts'
import { sortFailure } from './failures.ts'
import { Patience } from './patience.ts'
import type { Ending } from './request-gate.ts'
import { RequestGate } from './request-gate.ts'
import type { Server, ServerOptions, ServerWait } from './server.ts'
import { resolveServer } from './server.ts'

/** One request through the SDK; the options must be handed on to it. */
export type Send<T> = (client: OpenAI, options: { signal: AbortSignal }) => APIPromise<T>

export interface CallOptions {
  signal?: AbortSignal | undefined
  /** Tokens that the server will charge for the request, as far as one can tell before. */
  tokens?: number
  /** Requests of one kind take about as long as each other, such as `score`. */
  kind?: string
  /** Goes before all requests that wait. */
  urgent?: boolean
  /** False for a request that must not be done twice, such as one that creates a paid job. */
  repeatable?: boolean
}

/** A request that must not be done twice may have been done, or not: no answer came that says which. */
export class OutcomeUnknownError extends ReversalError {
  readonly failure: Failure

  constructor(failure: Failure) {
    const { message, code } = failure.error
    super(message, {
      code,
      suggestions: ['see at the server whether it was done before doing it again'],
      cause: failure.error,
    })
    this.failure = failure
  }
}

/** A wait that a user would take for a standstill. */
const NOTICEABLE_MS = 5_000
/** After such a wait was told, no other is for so long. */
const QUIET_MS = 60_000

/**
 * All requests to one server: as many at once and as fast as it takes them, repeated where that helps, ended with
 * one clear sentence where it does not.
 */
export class Transport {
  readonly server: Server
  readonly #opened: OpenedClient
  readonly #gate: RequestGate
  #known = false
  #quietUntil = 0

  private constructor(server: Server, opened: OpenedClient) {
    this.server = server
    this.#opened = opened
    const reason = `${server.name} takes so many requests a minute and no more.`
    this.#gate = new RequestGate({ ...server, onWait: (ms) => this.#tell({ reason, ms }) })
  }

  /** Throws InputError where the options cannot be right; sends nothing. */
  static async open(options: ServerOptions): Promise<Transport> {
    const server = resolveServer(options)
    return new Transport(server, await openClient(server))
  }

  /**
   * Send a request until it is answered and `read` could use the answer. `read` throws UnexpectedAnswerError for one
   * that is not such as the API gives. Throws InputError or ReversalError where the server's answer is final,
   * OutcomeUnknownError for a request that is not `repeatable`, and the reason of an aborted signal.
   */
  async call<T, R>(
    send: Send<T>,
    read: (answer: T) => R | Promise<R>,
    options: CallOptions = {},
  ): Promise<R> {
    const { signal, repeatable = true } = options
    const patience = new Patience(this.server)
    for (;;) {
      const attempt = await this.#attempt(send, read, options)
      if (!('failure' in attempt)) return attempt.result
      const { failure } = attempt
      if (!repeatable && failure.mayBeDone) throw new OutcomeUnknownError(failure)
      const ms = patience.after(failure)
      this.#tell({ reason: failure.error.message, ms })
      await wait(ms, signal)
    }
  }

  /** Give up all connections. */
  async close(): Promise<void> {
    await this.#opened.close()
  }

  /** Tell of a wait that a user would notice, once for all the requests that wait together, and not too often. */
  #tell({ reason, ms }: ServerWait): void {
    const now = Date.now()
    if (ms < NOTICEABLE_MS || now < this.#quietUntil) return
    this.#quietUntil = now + Math.max(ms, QUIET_MS)
    this.server.onWait({ reason, ms })
  }

  async #attempt<T, R>(
    send: Send<T>,
    read: (answer: T) => R | Promise<R>,
    { signal, tokens = 0, kind = 'other', urgent = false }: CallOptions,
  ): Promise<{ result: R } | { failure: Failure }> {
    const { server } = this
    const pass = await this.#gate.enter({ tokens, kind, urgent }, signal)
    const deadline = AbortSignal.timeout(server.timeoutMs)
    // An answer that is paid for is waited for although nothing more is to be begun.
    using stop = signal && throughClosing(signal)
    const ends = stop === undefined ? deadline : AbortSignal.any([stop.signal, deadline])
    let ending: Ending = { outcome: 'failed' }
    let succeeded = false
    try {
      const { data, response } = await send(this.#opened.client, { signal: ends }).withResponse()
      succeeded = true
      const result = await read(data)
      ending = { outcome: 'answered', headers: response.headers }
      return { result }
    } catch (error) {
      signal?.throwIfAborted()
      const timedOut = deadline.aborted
      const failure = sortFailure(error, { server, known: this.#known, timedOut, now: Date.now() })
      if (failure === undefined) throw error
      const { kind, headers, retryAfterMs } = failure
      ending =
        kind === 'throttled'
          ? { outcome: 'throttled', headers, pauseMs: retryAfterMs }
          : { outcome: timedOut ? 'throttled' : 'failed', headers }
      // Whatever is wrong with the body of a success, the deed may well be done.
      return { failure: { ...failure, mayBeDone: failure.mayBeDone || succeeded } }
    } finally {
      this.#known ||= ending.headers !== undefined
      this.#gate.leave(pass, ending)
    }
  }
}
