import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { ConnectionFault } from '../../support/connection-faults.ts'
import { connectionFault } from '../../support/connection-faults.ts'
import { openConnections, proxyHints } from '../../support/connections.ts'
import type { End, PatienceSettings, Verdict, Wait } from '../../support/patience.ts'
import { NOTICEABLE_MS, Patience } from '../../support/patience.ts'
import { readRetryAfter } from '../../support/retry-after.ts'
import { wait } from '../../support/wait.ts'
import { watchSilence } from '../../support/watch-silence.ts'
import { TrackerUnavailableError } from '../tracker.ts'

/** How long and how often to try again. */
export interface HttpPatience {
  /** Wait before the first repetition; each later wait is twice as long. */
  firstWaitMs: number
  longestWaitMs: number
  /** All waits of one request together, those for an answer that did not come among them. */
  totalWaitMs: number
  retries: number
  /** Retries if no connection can be made. */
  offlineRetries: number
  /** Longest silence of the server, in ms; by default that for the kind of request. */
  silenceMs?: number | undefined
}

/** Waits like W&B's own client, but with a limit acceptable to a user. */
const PATIENCE: HttpPatience = {
  firstWaitMs: 2000,
  longestWaitMs: 60_000,
  totalWaitMs: 120_000,
  retries: 20,
  offlineRetries: 2,
}

const CONNECT_TIMEOUT_MS = 10_000

export interface HttpOptions {
  /** Ends every request and every wait. */
  signal?: AbortSignal | undefined
  patience?: Partial<HttpPatience> | undefined
  /** Called before each wait that a person would notice. */
  onWait?: ((wait: Wait) => unknown) | undefined
}

export interface HttpRequest {
  method: 'POST' | 'PUT'
  url: string
  headers: Record<string, string>
  /** A function creates a new body for each try. */
  body: string | Uint8Array | (() => Readable)
  /** Longest silence of the server. */
  timeoutMs: number
  /** Whether to retry after a reply with this status. */
  retries: (status: number) => boolean
}

export interface HttpReply {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  text: string
}

/** The code of errors that pass. */
export const UNAVAILABLE = 'WANDB_UNAVAILABLE'

/** Requests to one W&B server, repeated while that can help. */
export class Http {
  readonly #options: HttpOptions
  readonly #patience: HttpPatience
  #dispatcher: Promise<Dispatcher> | undefined
  /** The server wants no request before this time. */
  #notBefore = 0

  constructor(options: HttpOptions) {
    this.#options = options
    this.#patience = { ...PATIENCE, ...options.patience }
  }

  /**
   * Sends a request until it succeeds, is refused or patience ends. Returns the last reply, whatever its status. Throws
   * TrackerUnavailableError WANDB_UNAVAILABLE if there was no reply or the server asks for a longer wait.
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    const { host } = new URL(request.url)
    const { silenceMs = request.timeoutMs } = this.#patience
    const patience = new Patience(settingsOf(this.#patience)).request()
    const pause = async (verdict: Verdict, reason: string): Promise<End | undefined> => {
      if ('end' in verdict) return verdict.end
      if (verdict.ms >= NOTICEABLE_MS) this.#options.onWait?.({ reason: `${reason}.`, ...verdict })
      await wait(verdict.ms, this.#options.signal)
      return undefined
    }
    for (;;) {
      const closed = this.#notBefore - Date.now()
      if (closed > 0) {
        const end = await pause(patience.pause(closed, performance.now()), `${host} asks for a pause`)
        if (end !== undefined) throw longPause(host, closed)
      }
      const outcome = await this.#try(request, silenceMs)
      if ('reply' in outcome) {
        const { reply } = outcome
        this.#heedLimit(reply)
        if (reply.status < 400 || !request.retries(reply.status)) return reply
        const trouble = {
          kind: reply.status === 429 ? 'refused' : 'failed',
          askedMs: askedWaitMs(reply),
        } as const
        const end = await pause(patience.after(trouble, performance.now()), `${host} answers ${reply.status}`)
        if (end === undefined) continue
        if (end.kind === 'asked') throw longPause(host, end.ms)
        return reply
      }
      const { error, fault } = outcome
      if (fault.kind === 'silent') patience.spend(silenceMs, performance.now())
      const kind = fault.kind === 'offline' ? 'offline' : 'failed'
      const verdict = patience.after({ kind }, performance.now())
      if ((await pause(verdict, `${host} cannot be reached`)) === undefined) continue
      throw new TrackerUnavailableError(`${host} cannot be reached (${fault.reason}; ${fault.code}).`, {
        code: UNAVAILABLE,
        suggestions: fault.kind === 'offline' ? proxyHints() : [],
        cause: error,
      })
    }
  }

  async #try(
    { method, url, headers, body }: HttpRequest,
    silenceMs: number,
  ): Promise<{ reply: HttpReply } | { error: Error; fault: ConnectionFault }> {
    const { signal, onWait } = this.#options
    signal?.throwIfAborted()
    using _silence = watchSilence({ name: new URL(url).host, timeoutMs: silenceMs, onWait })
    const { request: send } = await import('undici')
    this.#dispatcher ??= openConnections({ connect: { timeout: CONNECT_TIMEOUT_MS } })
    const dispatcher = await this.#dispatcher
    try {
      const response = await send(url, {
        method,
        headers,
        body: typeof body === 'function' ? body() : body,
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
        dispatcher,
        ...(signal && { signal }),
      })
      const text = await response.body.text()
      return { reply: { status: response.statusCode, headers: response.headers, text } }
    } catch (error) {
      signal?.throwIfAborted()
      const fault = connectionFault(error)
      if (fault === undefined) throw error
      return { error: error as Error, fault }
    }
  }

  /** If the allowance is used up, wait before the next request. */
  #heedLimit({ headers }: HttpReply): void {
    const reset = seconds(headers['ratelimit-reset'])
    if (seconds(headers['ratelimit-remaining']) === 0 && reset !== undefined) {
      this.#notBefore = Date.now() + 1000 * reset
    }
  }
}

function settingsOf(patience: HttpPatience): PatienceSettings {
  return {
    backoffMs: patience.firstWaitMs,
    longestBackoffMs: patience.longestWaitMs,
    tries: patience.retries + 1,
    offlineTries: patience.offlineRetries + 1,
    refusalsCount: true,
    longestOwnWaitMs: patience.totalWaitMs,
    longestWaitMs: patience.totalWaitMs,
  }
}

/** The wait that a reply asks for: `Retry-After`, or the reset of a rate limit. */
function askedWaitMs({ status, headers }: HttpReply): number | undefined {
  const get = (name: string) => headers[name]?.toString() ?? null
  const asked = readRetryAfter({ get }, Date.now())
  if (asked !== undefined || status !== 429) return asked
  const reset = seconds(headers['ratelimit-reset'])
  return reset === undefined ? undefined : 1000 * reset
}

function seconds(header: string | string[] | undefined): number | undefined {
  const value = Number(header)
  return header === undefined || header === '' || !Number.isFinite(value) || value < 0 ? undefined : value
}

function longPause(host: string, milliseconds: number): TrackerUnavailableError {
  return new TrackerUnavailableError(`${host} asks for a pause of ${Math.ceil(milliseconds / 1000)} s.`, {
    code: UNAVAILABLE,
  })
}
