import type { Dispatcher } from 'undici'
import type { ConnectionFault } from '../../support/connection-faults.ts'
import { connectionFault, noConnection } from '../../support/connection-faults.ts'
import { openConnections, proxyHints } from '../../support/connections.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { wait } from '../../support/wait.ts'

/** A job as `GET /api/jobs/ID` returns it, without the fields that we do not read. */
export interface RayJob {
  type: string
  submission_id: string | null
  status: 'PENDING' | 'RUNNING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED'
  message: string | null
  error_type: string | null
  driver_exit_code: number | null
  metadata: Record<string, string> | null
}

export interface RayNode {
  state: string
  /** Such as `GPU` and `accelerator_type:A100`. */
  resources_total: Record<string, number>
}

/** The body of a job submission; a cluster refuses keys that it does not know. */
export interface RaySubmission {
  submission_id: string
  entrypoint: string
  entrypoint_num_cpus?: number
  entrypoint_num_gpus?: number
  metadata: Record<string, string>
  runtime_env: { working_dir: string; env_vars: Record<string, string> }
}

interface Answer {
  status: number
  text: string
}

interface RequestOptions {
  body?: string | Uint8Array
  signal?: AbortSignal | undefined
  once?: boolean
}

/** Waits between tries of what can be asked again. */
const BACKOFF_MS = [250, 500, 1000, 2000]
/** A head answers in milliseconds, unless it is swamped. */
const PATIENCE_MS = 30_000
const MOST_ERROR = 300

/**
 * The REST API for jobs of a Ray dashboard. Sends with `undici.request` rather than `fetch`: Ray refuses writes from
 * requests with the headers of a browser, which every `fetch` sends.
 */
export class RayClient implements AsyncDisposable {
  readonly address: string
  readonly #token: string | undefined
  #connections: Promise<Dispatcher> | undefined

  constructor({ address, token }: { address: string; token: string | undefined }) {
    this.address = address
    this.#token = token
  }

  /**
   * An ID that changes when the head restarts. Throws InputError NOT_RAY if something other than Ray answers. `once`
   * does not retry if nothing answers.
   */
  async session(signal?: AbortSignal, { once = false }: { once?: boolean } = {}): Promise<string> {
    const { status, text } = await this.#ask('GET', '/api/version', { signal, once })
    const session = status === 200 ? parse<{ session_name?: unknown }>(text)?.session_name : undefined
    if (typeof session === 'string') return session
    throw new InputError(`${this.address} is not the dashboard of a Ray cluster.`, {
      code: 'NOT_RAY',
      suggestions: ['the dashboard is on port 8265 of the head, as ray start says'],
    })
  }

  /** The nodes that are alive; undefined if this Ray does not report them. */
  async nodes(signal?: AbortSignal): Promise<RayNode[] | undefined> {
    const { status, text } = await this.#ask('GET', '/api/v0/nodes', { signal })
    if (status !== 200) return undefined
    const nodes = parse<{ data?: { result?: { result?: RayNode[] } } }>(text)?.data?.result?.result
    return nodes?.filter(({ state }) => state === 'ALIVE')
  }

  /** Undefined if there is no such job. */
  async job(id: string, signal?: AbortSignal): Promise<RayJob | undefined> {
    const { status, text } = await this.#ask('GET', `/api/jobs/${id}`, { signal })
    if (status === 404) return undefined
    return this.#expect<RayJob>({ status, text })
  }

  /** Everything that a job printed so far. */
  async logs(id: string, signal?: AbortSignal): Promise<string> {
    const answer = await this.#ask('GET', `/api/jobs/${id}/logs`, { signal })
    if (answer.status === 404) return ''
    return this.#expect<{ logs: string | null }>(answer).logs ?? ''
  }

  /**
   * Submits a job under its own ID, so that the request can be repeated: if the cluster already has a job with this ID,
   * it is the same job. Throws ReversalError RAY_REFUSED.
   */
  async submit(submission: RaySubmission, signal?: AbortSignal): Promise<void> {
    const body = JSON.stringify(submission)
    for (let tried = 0; ; tried++) {
      let answer: Answer | undefined
      let fault: unknown
      try {
        // The slash at the end is needed.
        answer = await this.#send('POST', '/api/jobs/', { body, signal })
      } catch (error) {
        signal?.throwIfAborted()
        fault = error
      }
      if (answer?.status === 200) return
      if (answer !== undefined) this.#refuseToken(answer)
      if (await this.job(submission.submission_id, signal)) return
      if (answer !== undefined && answer.status < 500) throw this.#refusal(answer)
      if (tried >= BACKOFF_MS.length) throw answer ? this.#refusal(answer) : this.#unreachable(fault)
      await wait(BACKOFF_MS[tried]!, signal)
    }
  }

  /** Asks a job to end: SIGTERM, and SIGKILL after the time that it was submitted with. */
  async stop(id: string, signal?: AbortSignal): Promise<void> {
    const answer = await this.#ask('POST', `/api/jobs/${id}/stop`, { signal })
    if (answer.status !== 404) this.#expect(answer)
  }

  /** Uploads a ZIP archive as the working directory of jobs. Returns its URI. */
  async keepPackage(hash: string, archive: Uint8Array, signal?: AbortSignal): Promise<string> {
    const name = `_ray_pkg_${hash}.zip`
    const path = `/api/packages/gcs/${name}`
    const { status } = await this.#ask('GET', path, { signal })
    if (status !== 200) {
      const put = await this.#ask('PUT', path, { body: archive, signal })
      if (put.status !== 200) throw this.#refusal(put)
    }
    return `gcs://${name}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#connections)?.close()
  }

  /** For requests that may be repeated. Throws InputError RAY_TOKEN, ReversalError RAY_UNREACHABLE. */
  async #ask(method: Dispatcher.HttpMethod, path: string, options: RequestOptions): Promise<Answer> {
    for (let tried = 0; ; tried++) {
      try {
        const answer = await this.#send(method, path, options)
        this.#refuseToken(answer)
        const isPassing = answer.status >= 502 && answer.status <= 504
        if (!isPassing || tried >= BACKOFF_MS.length) return answer
      } catch (error) {
        options.signal?.throwIfAborted()
        if (error instanceof ReversalError) throw error
        if (options.once || tried >= BACKOFF_MS.length) throw this.#unreachable(error)
      }
      await wait(BACKOFF_MS[tried]!, options.signal)
    }
  }

  async #send(
    method: Dispatcher.HttpMethod,
    path: string,
    { body, signal }: RequestOptions,
  ): Promise<Answer> {
    const { request } = await import('undici')
    this.#connections ??= openConnections()
    const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream'
    const { statusCode, body: answer } = await request(`${this.address}${path}`, {
      method,
      dispatcher: await this.#connections,
      headers: {
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': type }),
      },
      ...{ body: body ?? null, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS },
      ...(signal && { signal }),
    })
    return { status: statusCode, text: await answer.text() }
  }

  #refuseToken({ status }: Answer): void {
    if (status !== 401 && status !== 403) return
    const message =
      this.#token === undefined
        ? `Ray at ${this.address} requires a token, and none is set.`
        : `Ray at ${this.address} does not accept this token.`
    throw new InputError(message, {
      code: 'RAY_TOKEN',
      suggestions: ['put the token of the cluster into RAY_AUTH_TOKEN or ~/.ray/auth_token'],
    })
  }

  #expect<T>(answer: Answer): T {
    const value = answer.status === 200 ? parse<T>(answer.text) : undefined
    if (value === undefined) throw this.#refusal(answer)
    return value
  }

  #refusal({ status, text }: Answer): ReversalError {
    return new ReversalError(`Ray at ${this.address} answers ${status}: ${lastLine(text)}`, {
      code: 'RAY_REFUSED',
    })
  }

  #unreachable(error: unknown): ReversalError {
    const fault: ConnectionFault = connectionFault(error) ?? noConnection()
    return new ReversalError(`Ray at ${this.address} cannot be reached: ${fault.reason}.`, {
      code: 'RAY_UNREACHABLE',
      suggestions: [
        'is the head running, and the tunnel to it, such as ssh -N -L 8265:localhost:8265 HEAD?',
        ...proxyHints(),
      ],
      cause: error,
    })
  }
}

function parse<T>(text: string): T | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as T) : undefined
  } catch {
    return undefined
  }
}

/** Ray answers errors with a traceback, whose last line is the message. */
export function lastLine(text: string): string {
  const line = text.split('\n').findLast((one) => one.trim() !== '')
  return (line ?? 'nothing').trim().slice(0, MOST_ERROR)
}
