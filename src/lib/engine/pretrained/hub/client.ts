/** The few requests of the Hugging Face Hub that a download takes. */
import { readFile } from 'node:fs/promises'
import type { Dispatcher, Response } from 'undici'
import { hasErrorCode, InputError, ReversalError } from '../../../support/errors.ts'
import { readRetryAfter } from '../../../support/retry-after.ts'
import { wait } from '../../../support/wait.ts'
import type { Repository } from './repository.ts'
import type { HubSettings } from './settings.ts'

export interface HubClientOptions extends HubSettings {
  /** Wait before the second attempt, twice as long before each further one. */
  backoffMs?: number | undefined
  signal?: AbortSignal | undefined
}

/** A commit and the files in it. */
export interface Listing {
  commit: string
  files: string[]
}

/** A file on the server. */
export interface RemoteFile {
  /** Identifies the content: its SHA-256 if it is large, else git's hash of it. */
  etag: string
  bytes: number
}

const ATTEMPTS = 5
const LONGEST_WAIT_MS = 60_000
const REDIRECTS = 5
const TIMEOUT_MS = 60_000

export class HubClient {
  readonly #options: HubClientOptions
  #dispatcher: Dispatcher | undefined
  #token: Promise<string | undefined> | undefined

  constructor(options: HubClientOptions) {
    this.#options = options
  }

  async list(repository: Repository): Promise<Listing> {
    const { name, revision } = repository
    const url = `${this.#options.endpoint}/api/models/${name}/revision/${encodeURIComponent(revision)}`
    return this.#patiently(repository, async () => {
      const response = await this.#request(repository, url, {})
      const { sha, siblings } = (await response.json()) as {
        sha?: string
        siblings?: { rfilename: string }[]
      }
      if (sha === undefined || !/^[0-9a-f]{40}$/.test(sha) || siblings === undefined) {
        throw refusal(`${this.#host} sends no list of the files of ${name}`)
      }
      return { commit: sha, files: siblings.map(({ rfilename }) => rfilename) }
    })
  }

  async describe(repository: Repository, commit: string, file: string): Promise<RemoteFile> {
    return this.#patiently(repository, async () => {
      // The first response, not the one after redirects, describes the content.
      const response = await this.#request(repository, this.#url(repository, commit, file), {
        method: 'HEAD',
      })
      const header = (...names: string[]) =>
        names.map((name) => response.headers.get(name)).find((value) => value !== null)
      const etag = header('x-linked-etag', 'etag')?.replace(/^W\/|"/g, '') ?? ''
      const bytes = Number(header('x-linked-size', 'content-length'))
      if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(etag) || !Number.isSafeInteger(bytes)) {
        throw refusal(`${this.#host} does not say what ${file} of ${repository.name} contains`)
      }
      return { etag, bytes }
    })
  }

  /** The bytes of a file from `start` on, or the whole file if the server does not support ranges. */
  async open(
    repository: Repository,
    { commit, file, start }: { commit: string; file: string; start: number },
  ): Promise<{ from: number; body: AsyncIterable<Uint8Array> }> {
    return this.#patiently(repository, async () => {
      const response = await this.#request(repository, this.#url(repository, commit, file), {
        follow: true,
        ...(start > 0 && { headers: { range: `bytes=${start}-` } }),
      })
      if (response.body === null) throw refusal(`${this.#host} sends nothing for ${file}`)
      return { from: response.status === 206 ? start : 0, body: response.body }
    })
  }

  async close(): Promise<void> {
    await this.#dispatcher?.close()
  }

  get #host(): string {
    return new URL(this.#options.endpoint).host
  }

  #url({ name }: Repository, commit: string, file: string): string {
    return `${this.#options.endpoint}/${name}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`
  }

  /** Retries a request while the server is busy or cannot be reached. */
  async #patiently<T>({ name }: Repository, work: () => Promise<T>): Promise<T> {
    const { backoffMs = 1000, signal } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        signal?.throwIfAborted()
        if (error instanceof ReversalError) throw error
        const { problem, retryAfterMs } =
          error instanceof Busy
            ? error
            : { problem: `cannot be reached (${reasonOf(error)})`, retryAfterMs: undefined }
        const ms = retryAfterMs ?? backoffMs * 2 ** (attempt - 1)
        if (attempt === ATTEMPTS || ms > LONGEST_WAIT_MS) {
          throw new ReversalError(`${this.#host} ${problem}: ${name} could not be fetched.`, {
            code: 'HUB_FAILED',
            suggestions: [
              'continue later: what was downloaded is kept',
              'fetch it elsewhere and give its folder',
            ],
            cause: error,
          })
        }
        await wait(ms, signal)
      }
    }
  }

  async #request(
    repository: Repository,
    url: string,
    {
      method = 'GET',
      headers = {},
      follow = false,
    }: { method?: string; headers?: Record<string, string>; follow?: boolean },
  ): Promise<Response> {
    const { fetch } = await import('undici')
    const { signal, endpoint } = this.#options
    const timeout = new AbortController()
    for (let place = url, hops = 0; ; hops++) {
      const own = new URL(place).origin === new URL(endpoint).origin
      const token = own ? await this.#readToken() : undefined
      const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS)
      const response = await fetch(place, {
        method,
        // Without compression, as the number of bytes and their hash are known.
        headers: {
          'accept-encoding': 'identity',
          ...headers,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        redirect: 'manual',
        dispatcher: await this.#dispatch(),
        signal: signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
      }).finally(() => clearTimeout(timer))
      const location = response.headers.get('location')
      const moved = response.status >= 300 && response.status < 400 && location !== null
      if (!moved) return this.#checked(repository, response)
      const next = new URL(location, place)
      // A renamed repository redirects to its new name on the Hub itself; content is on another host.
      if (!follow && next.origin !== new URL(endpoint).origin) return response
      if (!follow && response.headers.has('x-linked-etag')) return response
      if (hops === REDIRECTS) throw refusal(`${this.#host} redirects too often for ${repository.name}`)
      place = next.href
    }
  }

  async #checked({ name, revision }: Repository, response: Response): Promise<Response> {
    if (response.ok) return response
    const { status, headers } = response
    const code = headers.get('x-error-code')
    await response.body?.cancel()
    if (status === 429 || status >= 500) {
      throw new Busy(`answers ${status}`, readRetryAfter(new Headers([...headers]), Date.now()))
    }
    const page = `${this.#options.endpoint}/${name}`
    if (code === 'GatedRepo') {
      throw new InputError(`${name} is gated: its licence must be accepted at ${page} first.`, {
        code: 'MODEL_GATED',
        suggestions: ['then set HF_TOKEN to a token of the same account'],
      })
    }
    if (code === 'RevisionNotFound') {
      throw new InputError(`${name} has no revision ${revision}.`, { code: 'MODEL_NOT_FOUND' })
    }
    if (code === 'RepoNotFound' || status === 404 || status === 401) {
      throw new InputError(`There is no model ${name} at ${this.#host}, or it is private.`, {
        code: 'MODEL_NOT_FOUND',
        suggestions: [
          `look for its name at ${this.#options.endpoint}/models`,
          'set HF_TOKEN for a private model',
        ],
      })
    }
    if (status === 403) {
      throw new InputError(`${this.#host} refuses ${name} to this token.`, { code: 'MODEL_GATED' })
    }
    throw refusal(`${this.#host} refuses ${name} (${status})`)
  }

  async #dispatch(): Promise<Dispatcher> {
    const { EnvHttpProxyAgent } = await import('undici')
    this.#dispatcher ??= new EnvHttpProxyAgent()
    return this.#dispatcher
  }

  #readToken(): Promise<string | undefined> {
    this.#token ??= readToken(this.#options)
    return this.#token
  }
}

async function readToken({ token, tokenPath }: HubSettings): Promise<string | undefined> {
  if (token !== undefined || tokenPath === undefined) return token
  try {
    return (await readFile(tokenPath, 'utf8')).trim() || undefined
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'EACCES') || hasErrorCode(error, 'ENOTDIR'))
      return undefined
    throw error
  }
}

/** A server error that a retry may fix. */
class Busy extends Error {
  readonly problem: string
  readonly retryAfterMs: number | undefined

  constructor(problem: string, retryAfterMs: number | undefined) {
    super(problem)
    this.problem = problem
    this.retryAfterMs = retryAfterMs
  }
}

function refusal(message: string): ReversalError {
  return new ReversalError(`${message}.`, { code: 'HUB_REFUSED' })
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message : message
}
