import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { ApiError } from './api-error.ts'
import type { BatchOptions } from './batches.ts'
import { BatchStore } from './batches.ts'
import type { ScoringStyle } from './completions.ts'
import { Conformity } from './conformity.ts'
import type { Fault, FaultOptions } from './faults.ts'
import { Faults } from './faults.ts'
import type { FileOptions } from './files.ts'
import { FileStore } from './files.ts'
import type { JobOptions } from './jobs.ts'
import { JobStore } from './jobs.ts'
import type { Language } from './language.ts'
import type { LimitOptions } from './limits.ts'
import { Limits } from './limits.ts'
import { route } from './routes.ts'

export interface FakeOpenAIOptions {
  /** Its models, with the day on which each is shut down. */
  models?: Record<string, string | null>
  /** Answers and log-probabilities; by default drawn from hashes. */
  language?: Partial<Language>
  /** `echo` by default. */
  scoring?: ScoringStyle
  /** The only key that it takes; without one it takes all. */
  apiKey?: string
  /** False: requests are not held to OpenAI's description of the API, which takes time that a measurement must not. */
  conformity?: boolean
  /** Milliseconds until a completion is answered. */
  latencyMs?: number
  faults?: FaultOptions
  limits?: LimitOptions
  files?: FileOptions
  batches?: BatchOptions
  jobs?: JobOptions
  /** Answers of the test itself: it receives each request first and may throw an ApiError or return a body. */
  intercept?: (request: ReceivedRequest) => unknown
}

/** A body as it is sent: JSON, or a text of any type. */
export class RawAnswer {
  readonly text: string
  readonly type: string

  constructor(body: unknown, type = typeof body === 'string' ? 'text/plain' : 'application/json') {
    this.text = typeof body === 'string' ? body : JSON.stringify(body)
    this.type = type
  }
}

/** A request as the fake received it, and its outcome. */
export interface ReceivedRequest {
  /** When it came, in milliseconds since 1970. */
  at: number
  method: string
  /** Without `/v1`, or Azure's `/openai/v1`, such as `/chat/completions`. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** Parsed JSON, or the fields of a form. */
  body: unknown
  /** Name of an uploaded file. */
  filename?: string
  fault?: Fault
  /** Absent while it is not answered. */
  status?: number
}

const VERSION = /^(\/openai)?\/v1(?=\/)/

/**
 * An OpenAI-compatible server on a free port of the loopback interface, for tests. It stores files, fine-tuning jobs
 * and batches, gives answers that depend only on the prompt, fails on demand, and checks each request against OpenAI's
 * own description of the API if that exists: `stop` throws if one did not conform.
 */
export class FakeOpenAI implements AsyncDisposable {
  readonly options: FakeOpenAIOptions
  /** Base URL, with `/v1`. */
  url = ''
  /** All requests, in the order of arrival. */
  readonly requests: ReceivedRequest[] = []
  readonly files: FileStore
  readonly batches: BatchStore
  readonly jobs: JobStore
  readonly models: Map<string, string | null>
  readonly limits: Limits
  readonly #violations: string[] = []
  readonly #conformity: Conformity | undefined
  readonly #faults: Faults
  readonly #server = createServer((request, response) => this.#handle(request, response))

  private constructor(options: FakeOpenAIOptions) {
    this.options = options
    this.#conformity = options.conformity === false ? undefined : Conformity.load()
    this.models = new Map(Object.entries(options.models ?? { 'gpt-4.1-mini-2025-04-14': '2027-01-14' }))
    this.#faults = new Faults(options.faults ?? {})
    this.limits = new Limits(options.limits ?? {})
    this.files = new FileStore(options.files)
    this.batches = new BatchStore(this.files, options.batches ?? {})
    this.jobs = new JobStore(this.files, this.models, options.jobs ?? {})
  }

  static async start(options: FakeOpenAIOptions = {}): Promise<FakeOpenAI> {
    const fake = new FakeOpenAI(options)
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve))
    fake.url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}/v1`
    return fake
  }

  /** The bodies of the requests for completions that were answered well. */
  get answered(): { prompt?: string; messages?: { role: string; content: string }[] }[] {
    const ofCompletions = this.requests.filter(
      ({ path, status }) => path.endsWith('completions') && status === 200,
    )
    return ofCompletions.map(({ body }) => body as object)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    if (this.#violations.length > 0)
      throw new Error(`Not such as OpenAI's API wants it:\n${this.#violations.join('\n')}`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(message.url ?? '/', 'http://fake')
    const method = message.method ?? 'GET'
    const received: ReceivedRequest = {
      at: Date.now(),
      method,
      path: pathname.replace(VERSION, ''),
      query: searchParams,
      headers: message.headers,
      body: undefined,
    }
    try {
      Object.assign(received, await readBody(message))
    } catch {
      // The client went away.
      return
    }
    this.requests.push(received)
    const fault = this.#faults.draw(`${method} ${received.path}`)
    if (fault !== undefined) received.fault = fault
    try {
      const body = this.#faults.distort(fault, await this.#answer(received, pathname))
      this.#send(received, response, 200, body, this.limits.headers())
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#send(received, response, error.status, error.body, { ...this.limits.headers(), ...error.headers })
    }
  }

  #send(
    received: ReceivedRequest,
    response: ServerResponse,
    status: number,
    body: unknown,
    headers: Record<string, string>,
  ): void {
    if (received.fault === 'silent') return
    const { text, type } = body instanceof RawAnswer ? body : new RawAnswer(body)
    response.writeHead(status, { 'content-type': type, 'x-request-id': 'req_1', ...headers })
    if (received.fault === 'cut') {
      response.write(text.slice(0, text.length / 2), () => response.destroy())
      return
    }
    received.status = status
    response.end(text)
  }

  async #answer(request: ReceivedRequest, pathname: string): Promise<unknown> {
    const { apiKey, intercept } = this.options
    if (!VERSION.test(pathname)) throw new ApiError(404, `Invalid URL (${request.method} ${pathname})`)
    const own = await intercept?.(request)
    if (own !== undefined) return own
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
      const key = request.headers.authorization?.replace('Bearer ', '')
      throw new ApiError(401, `Incorrect API key provided: ${key}.`, { code: 'invalid_api_key' })
    }
    if (request.fault === 'throttled') {
      const retryAfterMs = this.options.faults?.retryAfterMs
      throw new ApiError(429, 'Rate limit reached.', {
        code: 'rate_limit_exceeded',
        type: 'requests',
        ...(retryAfterMs !== undefined && { headers: { 'retry-after-ms': String(retryAfterMs) } }),
      })
    }
    if (request.fault === 'failed')
      throw new ApiError(500, 'The server had an error.', { type: 'server_error' })
    this.#note(this.#conformity?.request(request.method, request.path, request.body))
    const answer = await route(this, request)
    // Log-probabilities that start with null, paused jobs and pending files are not in the description.
    const beyond =
      request.path.endsWith('completions') || /"(paus(ed|ing)|pending)"/.test(JSON.stringify(answer))
    if (!beyond) this.#note(this.#conformity?.answer(request.method, request.path, answer))
    return answer
  }

  #note(violation: string | undefined): void {
    if (violation !== undefined) this.#violations.push(violation)
  }
}

async function readBody(message: IncomingMessage): Promise<{ body?: unknown; filename?: string }> {
  const bytes = await buffer(message)
  const type = message.headers['content-type'] ?? ''
  if (bytes.length === 0) return {}
  if (!type.startsWith('multipart/')) return { body: JSON.parse(bytes.toString()) }
  const form = await new Response(bytes, { headers: { 'content-type': type } }).formData()
  const file = form.get('file') as File
  return { body: { ...Object.fromEntries(form), file: await file.text() }, filename: file.name }
}
