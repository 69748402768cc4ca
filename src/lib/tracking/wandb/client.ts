import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { InputError, ReversalError } from '../../support/errors.ts'
import { TrackerUnavailableError } from '../tracker.ts'
import type { HttpOptions, HttpReply } from './http.ts'
import { Http, UNAVAILABLE } from './http.ts'

export interface WandbClientOptions extends HttpOptions {
  /** Such as `https://api.wandb.ai`, without a slash at the end. */
  baseUrl: string
  key: string
}

/** A file to upload: its bytes, or its path. */
export type FileContent = { bytes: Uint8Array } | { path: string }

const GRAPHQL_TIMEOUT_MS = 30_000
const STREAM_TIMEOUT_MS = 180_000

/** Replies that will not change on another try. */
const FINAL = new Set([400, 401, 403, 404, 409, 410, 413, 422, 501])

/** The three doors of W&B: GraphQL, the file stream, signed uploads. */
export class WandbClient {
  readonly baseUrl: string
  readonly #authorization: string
  readonly #http: Http

  constructor({ baseUrl, key, ...options }: WandbClientOptions) {
    this.baseUrl = baseUrl
    this.#authorization = `Basic ${Buffer.from(`api:${key}`).toString('base64')}`
    this.#http = new Http(options)
  }

  /**
   * Runs a GraphQL operation and returns its data. Any entry in `errors` is a failure, also with HTTP 200. Throws
   * InputError WANDB_KEY_REFUSED, WANDB_FORBIDDEN, WANDB_NOT_FOUND, WANDB_CONFLICT; ReversalError WANDB_REFUSED,
   * WANDB_UNAVAILABLE.
   */
  async graphql<T>(query: string, variables: object): Promise<T> {
    const [, operationName = ''] = /^(?:query|mutation)\s+(\w+)/.exec(query) ?? []
    const body = JSON.stringify({ query, variables, operationName })
    const reply = await this.#post('/graphql', body, GRAPHQL_TIMEOUT_MS)
    const result = parseReply(reply) as { data?: T; errors?: unknown }
    if (result.errors !== undefined || result.data === undefined || result.data === null) {
      throw refusal(operationName, reply)
    }
    return result.data
  }

  /** Post to a run's file stream. */
  async stream(path: string, body: object): Promise<void> {
    await this.#post(path, JSON.stringify(body), STREAM_TIMEOUT_MS)
  }

  /** Uploads a file to a signed URL. Sends the key only if that URL is on W&B's own server. */
  async put(url: string, content: FileContent, headers: Record<string, string>): Promise<void> {
    const own = url.startsWith('/')
    const size = 'bytes' in content ? content.bytes.length : (await stat(content.path)).size
    const reply = await this.#http.send({
      method: 'PUT',
      url: own ? this.baseUrl + url : url,
      headers: {
        ...headers,
        'content-length': String(size),
        ...(own && { authorization: this.#authorization }),
      },
      body: 'bytes' in content ? content.bytes : () => createReadStream(content.path),
      timeoutMs: STREAM_TIMEOUT_MS,
      retries: (status) => status === 408 || status === 429 || (status >= 500 && status !== 501),
    })
    if (reply.status >= 300) throw failure('the upload of a file', reply)
  }

  async #post(path: string, body: string, timeoutMs: number): Promise<HttpReply> {
    const reply = await this.#http.send({
      method: 'POST',
      url: this.baseUrl + path,
      headers: { authorization: this.#authorization, 'content-type': 'application/json' },
      body,
      timeoutMs,
      retries: (status) => !FINAL.has(status),
    })
    if (reply.status < 300) return reply
    if (reply.status === 401) {
      throw new InputError(`${this.baseUrl} refuses the Weights & Biases API key.`, {
        code: 'WANDB_KEY_REFUSED',
        suggestions: ['check WANDB_API_KEY, or the entry of that host in ~/.netrc'],
      })
    }
    throw failure(path, reply)
  }
}

/** Turns an unsuccessful reply into an error for the user. */
function failure(request: string, reply: HttpReply): ReversalError {
  const { status } = reply
  const said = messages(reply)
  const message = `Weights & Biases answers ${status} to ${request}${said === '' ? '' : `: ${said}`}.`
  if (status === 403) return new InputError(message, { code: 'WANDB_FORBIDDEN' })
  if (status === 404) return new InputError(message, { code: 'WANDB_NOT_FOUND' })
  if (status === 409) return new InputError(message, { code: 'WANDB_CONFLICT' })
  if (FINAL.has(status)) return new ReversalError(message, { code: 'WANDB_REFUSED' })
  return new TrackerUnavailableError(message, { code: UNAVAILABLE })
}

function refusal(operation: string, reply: HttpReply): ReversalError {
  const said = messages(reply) || 'the answer holds no data'
  return new ReversalError(`Weights & Biases refuses ${operation}: ${said}.`, { code: 'WANDB_REFUSED' })
}

function parseReply({ text }: HttpReply): object {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** Errors as W&B words them: `error` or `errors`, each a text or an object with a message. */
function messages(reply: HttpReply): string {
  const { error, errors } = parseReply(reply) as { error?: unknown; errors?: unknown }
  return [error, ...(Array.isArray(errors) ? errors : [])]
    .map((entry) =>
      typeof entry === 'string' ? entry : (entry as { message?: unknown } | undefined)?.message,
    )
    .filter((text) => typeof text === 'string')
    .map((text) => text.replace(/\.$/, ''))
    .join('; ')
}
