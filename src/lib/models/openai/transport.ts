import type { APIPromise, OpenAI } from 'openai'
import { throughClosing } from '../../support/closing.ts'
import { ReversalError } from '../../support/errors.ts'
import type { Wait } from '../../support/patience.ts'
import { NOTICEABLE_MS, Patience } from '../../support/patience.ts'
import { wait } from '../../support/wait.ts'
import { SILENCE_MS, watchSilence } from '../../support/watch-silence.ts'
import type { OpenedClient } from './client.ts'
import { openClient } from './client.ts'
import type { Failure } from './failures.ts'
import { sortFailure } from './failures.ts'
import { givenUp, patienceFor } from './patience.ts'
import type { RequestEnding } from './request-gate.ts'
import { RequestGate } from './request-gate.ts'
import type { Server, ServerOptions } from './server.ts'
import { resolveServer } from './server.ts'

/** One request through the SDK; the options must be handed on to it. */
export type Send<T> = (client: OpenAI, options: { signal: AbortSignal }) => APIPromise<T>

export interface CallOptions {
  signal?: AbortSignal | undefined
  /** Estimate of the tokens that the server will count for the request. */
  tokens?: number
  /** Requests of one kind take about as long as each other, such as `score`. */
  kind?: string
  /** Goes before all requests that wait. */
  urgent?: boolean
  /** False for a request that must not be done twice, such as one that creates a paid job. */
  repeatable?: boolean
}

/** It is unknown whether a request that must not be repeated was carried out. */
export class OutcomeUnknownError extends ReversalError {
  readonly failure: Failure

  constructor(failure: Failure) {
    const { message, code } = failure.error
    super(message, {
      code,
      suggestions: ['check on the server whether it was done before you repeat it'],
      cause: failure.error,
    })
    this.failure = failure
  }
}

/** Minimum time between two notices of waits. */
const QUIET_MS = 60_000

/**
 * Sends all requests to one server: as many and as fast as it accepts, retried if that helps, and ended with one clear
 * sentence if not.
 */
export class Transport {
  readonly server: Server
  readonly #opened: OpenedClient
  readonly #gate: RequestGate
  readonly #patience: Patience
  #known = false
  #quietUntil = 0
  #heardAt = performance.now()

  private constructor(server: Server, opened: OpenedClient) {
    this.server = server
    this.#opened = opened
    this.#patience = new Patience(patienceFor(server))
    const reason = `${server.name} limits the requests per minute.`
    this.#gate = new RequestGate({ ...server, onWait: (ms) => this.#tell({ reason, ms }) })
  }

  /** Throws InputError if the options are invalid; sends nothing. */
  static async open(options: ServerOptions): Promise<Transport> {
    const server = resolveServer(options)
    return new Transport(server, await openClient(server))
  }

  /**
   * Sends a request until it is answered and `read` accepts the answer. `read` throws UnexpectedAnswerError for an
   * answer that does not conform to the API. Throws InputError or ReversalError if the server's answer is final,
   * OutcomeUnknownError for a request that is not `repeatable`, and the reason of an aborted signal.
   */
  async call<T, R>(
    send: Send<T>,
    read: (answer: T) => R | Promise<R>,
    options: CallOptions = {},
  ): Promise<R> {
    const { repeatable = true } = options
    const signal = this.#endsWith(options.signal)
    const patience = this.#patience.request()
    for (;;) {
      const attempt = await this.#attempt(send, read, { ...options, signal })
      if (!('failure' in attempt)) return attempt.result
      const { failure } = attempt
      if (!repeatable && failure.mayBeDone) throw new OutcomeUnknownError(failure)
      if (failure.kind === 'final') throw failure.error
      const kind = failure.kind === 'throttled' ? 'refused' : 'failed'
      const verdict = patience.after({ kind, askedMs: failure.retryAfterMs }, performance.now())
      if ('end' in verdict) throw givenUp(failure.error, verdict.end)
      this.#tell({ reason: failure.error.message, ...verdict })
      await wait(verdict.ms, signal)
    }
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await this.#opened.close()
  }

  /** The signal of a call, or that for all of them. */
  #endsWith(own: AbortSignal | undefined): AbortSignal | undefined {
    const { signal } = this.server
    if (own === undefined || signal === undefined || own === signal) return own ?? signal
    return AbortSignal.any([own, signal])
  }

  /** Report a noticeable wait, once for all requests that wait together, and not too often. */
  #tell(told: Wait): void {
    const now = performance.now()
    if (told.ms < NOTICEABLE_MS || now < this.#quietUntil) return
    this.#quietUntil = now + (told.silent ? QUIET_MS : Math.max(told.ms, QUIET_MS))
    this.server.onWait(told)
  }

  /** How long all requests pause after a refusal; they wait in the gate. */
  #pauseAll({ retryAfterMs: askedMs, error }: Failure, sentAt: number): number {
    const { alone } = this.#gate
    const ms = this.#patience.pauseAll({ askedMs, alone, sentAt }, performance.now())
    // Waits that the server asks for are reported by each request itself.
    if (ms > (askedMs ?? 0)) this.#tell({ reason: error.message, ms })
    return ms
  }

  /** Report an unanswered request if the server does not answer any other either. */
  #watchSilence(): Disposable {
    const onWait = (told: Wait) => {
      if (performance.now() - this.#heardAt >= SILENCE_MS) this.#tell(told)
    }
    return watchSilence({ ...this.server, onWait })
  }

  async #attempt<T, R>(
    send: Send<T>,
    read: (answer: T) => R | Promise<R>,
    { signal, tokens = 0, kind = 'other', urgent = false }: CallOptions,
  ): Promise<{ result: R } | { failure: Failure }> {
    const { server } = this
    const pass = await this.#gate.enter({ tokens, kind, urgent }, signal)
    using _silence = this.#watchSilence()
    const sentAt = performance.now()
    const ends = new AbortController()
    using deadline = startDeadline(server.timeoutMs, ends)
    // Wait for answers that are paid for even if no new work starts.
    using _stop = signal && throughClosing(signal, ends)
    let ending: RequestEnding = { outcome: 'failed' }
    let succeeded = false
    try {
      const { data, response } = await send(this.#opened.client, { signal: ends.signal }).withResponse()
      succeeded = true
      const result = await read(data)
      ending = { outcome: 'answered', headers: response.headers }
      this.#patience.succeeded()
      return { result }
    } catch (error) {
      signal?.throwIfAborted()
      const { timedOut } = deadline
      const failure = sortFailure(error, { server, known: this.#known, timedOut, now: Date.now() })
      if (failure === undefined) throw error
      const { headers } = failure
      ending =
        failure.kind === 'throttled'
          ? { outcome: 'throttled', headers, pauseMs: this.#pauseAll(failure, sentAt) }
          : { outcome: timedOut ? 'throttled' : 'failed', headers }
      // Even if the body of a success cannot be read, the request may have been carried out.
      return { failure: { ...failure, mayBeDone: failure.mayBeDone || succeeded } }
    } finally {
      this.#known ||= ending.headers !== undefined
      if (ending.headers !== undefined) this.#heardAt = performance.now()
      this.#gate.leave(pass, ending)
    }
  }
}

/** Ends a request after a time. (`AbortSignal.timeout` would keep what it is given for all of that time.) */
function startDeadline(ms: number, ends: AbortController): { readonly timedOut: boolean } & Disposable {
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    ends.abort()
  }, ms)
  return {
    get timedOut() {
      return timedOut
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}
