import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { ReversalError } from '../../support/errors.ts'
import { wait } from '../../support/wait.ts'

/** How long and how often to try again. */
export interface Patience {
  /** Wait before the first repetition; each later wait is twice as long. */
  firstWaitMs: number
  longestWaitMs: number
  /** All waits of one request together, those for an answer that did not come among them. */
  totalWaitMs: number
  retries: number
  /** Repetitions where no connection comes about at all. */
  offlineRetries: number
  /** Longest silence of the server; what the kind of request allows where it is not given. */
  silenceMs?: number | undefined
}

/** Waits as W&B's own client has them, but with an end that a person can sit through. */
const PATIENCE: Patience = {
  firstWaitMs: 2000,
  longestWaitMs: 60_000,
  totalWaitMs: 120_000,
  retries: 20,
  offlineRetries: 2,
}

const CONNECT_TIMEOUT_MS = 10_000
/** A wait that a person would take for a standstill. */
const NOTICEABLE_MS = 3000

export interface HttpOptions {
  /** Ends every request and every wait. */
  signal?: AbortSignal | undefined
  patience?: Partial<Patience> | undefined
  /** Told before each wait that a person would notice. */
  onWait?: ((wait: { reason: string; seconds: number }) => unknown) | undefined
}

export interface HttpRequest {
  method: 'POST' | 'PUT'
  url: string
  headers: Record<string, string>
  /** A function makes the body anew for each try. */
  body: string | Uint8Array | (() => Readable)
  /** Longest silence of the server. */
  timeoutMs: number
  /** Whether a reply that is no success is worth a repetition. */
  retries: (status: number) => boolean
}

export interface HttpReply {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  text: string
}

/** No connection came about: there is no network, nothing listens, or its certificate is not good. */
const OFFLINE =
  /^(?:EAI_AGAIN|ECONNREFUSED|E(?:HOST|NET)UNREACH|ENOTFOUND|UND_ERR_CONNECT_TIMEOUT|EPROTO|.*CERT.*)$/
/** A connection that there was broke off. */
const BROKEN = /^(?:ECONN(?:RESET|ABORTED)|EPIPE|ETIMEDOUT|UND_ERR_SOCKET|HPE_.*)$/
/** A connection that there was fell silent. */
const SILENT = /^UND_ERR_(?:HEADERS|BODY)_TIMEOUT$/

/** The code of errors that pass. */
export const UNAVAILABLE = 'WANDB_UNAVAILABLE'

/** True where what could not be sent now can be sent later. */
export function isUnavailable(error: unknown): error is ReversalError {
  return error instanceof ReversalError && error.code === UNAVAILABLE
}

/** Requests to one W&B server, repeated while that can help. */
export class Http {
  readonly #options: HttpOptions
  readonly #patience: Patience
  #dispatcher: Dispatcher | undefined
  /** Time before which the server wants no further request. */
  #notBefore = 0

  constructor(options: HttpOptions) {
    this.#options = options
    this.#patience = { ...PATIENCE, ...options.patience }
  }

  /**
   * Send a request until it succeeds, is refused or patience ends. Gives back the last reply, whatever its
   * status. Throws ReversalError WANDB_UNAVAILABLE where no reply came or the server wants a longer wait.
   */
  async send(request: HttpRequest): Promise<HttpReply> {
    const { host } = new URL(request.url)
    const { retries, offlineRetries, totalWaitMs, silenceMs = request.timeoutMs } = this.#patience
    let left = totalWaitMs
    let tries = 0
    /** Whether there was patience for it. */
    const pause = async (ms: number, reason: string) => {
      if (ms > left || tries > retries) return false
      left -= ms
      if (ms >= NOTICEABLE_MS) this.#options.onWait?.({ reason, seconds: Math.ceil(ms / 1000) })
      await wait(ms, this.#options.signal)
      return true
    }
    for (;;) {
      const closed = this.#notBefore - Date.now()
      if (closed > 0 && !(await pause(closed, `${host} asks for a pause`))) throw longPause(host, closed)
      const outcome = await this.#try(request, silenceMs)
      tries++
      if ('reply' in outcome) {
        const { reply } = outcome
        this.#heedLimit(reply)
        if (reply.status < 400 || !request.retries(reply.status)) return reply
        const asked = askedWaitMs(reply)
        if (await pause(asked ?? this.#backOff(tries), `${host} answers ${reply.status}`)) continue
        if (asked === undefined || asked <= left) return reply
        throw longPause(host, asked)
      }
      const { error, code } = outcome
      if (SILENT.test(code)) left -= silenceMs
      const again = !OFFLINE.test(code) || tries <= offlineRetries
      if (again && (await pause(this.#backOff(tries), `${host} cannot be reached`))) continue
      throw new ReversalError(`${host} cannot be reached (${describe(error)}).`, {
        code: UNAVAILABLE,
        cause: error,
      })
    }
  }

  async #try(
    { method, url, headers, body }: HttpRequest,
    silenceMs: number,
  ): Promise<{ reply: HttpReply } | { error: Error; code: string }> {
    const { signal } = this.#options
    signal?.throwIfAborted()
    const { request: send, EnvHttpProxyAgent } = await import('undici')
    this.#dispatcher ??= new EnvHttpProxyAgent({ connect: { timeout: CONNECT_TIMEOUT_MS } })
    try {
      const response = await send(url, {
        method,
        headers,
        body: typeof body === 'function' ? body() : body,
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
        dispatcher: this.#dispatcher,
        ...(signal && { signal }),
      })
      const text = await response.body.text()
      return { reply: { status: response.statusCode, headers: response.headers, text } }
    } catch (error) {
      signal?.throwIfAborted()
      const { code = '' } = error as NodeJS.ErrnoException
      if (![OFFLINE, BROKEN, SILENT].some((kind) => kind.test(code))) throw error
      return { error: error as Error, code }
    }
  }

  #backOff(tries: number): number {
    const { firstWaitMs, longestWaitMs } = this.#patience
    return Math.min(longestWaitMs, firstWaitMs * 2 ** (tries - 1) * (1 + Math.random() / 4))
  }

  /** A used-up allowance is waited out before the next request, not run into. */
  #heedLimit({ headers }: HttpReply): void {
    const reset = seconds(headers['ratelimit-reset'])
    if (seconds(headers['ratelimit-remaining']) === 0 && reset !== undefined) {
      this.#notBefore = Date.now() + 1000 * reset
    }
  }
}

/** The wait that a reply asks for: `Retry-After` in seconds or as a date, or the reset of a rate limit. */
function askedWaitMs({ status, headers }: HttpReply): number | undefined {
  const after = String(headers['retry-after'] ?? '')
  const inSeconds = seconds(after) ?? (status === 429 ? seconds(headers['ratelimit-reset']) : undefined)
  if (inSeconds !== undefined) return 1000 * inSeconds
  const date = Date.parse(after)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

function seconds(header: string | string[] | undefined): number | undefined {
  const value = Number(header)
  return header === undefined || header === '' || !Number.isFinite(value) || value < 0 ? undefined : value
}

function longPause(host: string, milliseconds: number): ReversalError {
  return new ReversalError(`${host} asks for a pause of ${Math.ceil(milliseconds / 1000)} s.`, {
    code: UNAVAILABLE,
  })
}

function describe(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  return error.message === '' ? (code ?? error.name) : error.message
}
