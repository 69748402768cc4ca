import { ApiError } from './api-error.ts'
import type { FileStore } from './files.ts'

export interface BatchOptions {
  /** How often a batch must be read until it is done; 2 by default. */
  looks?: number
  /** Maximum number of requests in a batch; 50,000 by default. */
  maxRequests?: number
  /** Requests of all batches under way at most; a batch above it fails. */
  maxEnqueued?: number
  /** So many times the output of a batch is sent damaged. */
  damagedDownloads?: number
  /** The outcome of a request, by its place in order of processing from 0; done by default. */
  fate?: (place: number, body: Record<string, unknown>) => RequestFate | undefined
}

/** `expired`: the 24 hours ended before; a number: answered with that status. */
export type RequestFate = 'expired' | number

type Write = (url: string, body: Record<string, unknown>) => { status_code: number; body: unknown }

interface BatchRequest {
  custom_id: string
  url: string
  body: Record<string, unknown>
}

interface Batch {
  id: string
  object: 'batch'
  endpoint: string
  input_file_id: string
  completion_window: string
  status: string
  created_at: number
  metadata?: Record<string, string>
  errors?: { object: 'list'; data: { code: string; message: string }[] }
  output_file_id?: string
  error_file_id?: string
  request_counts: { total: number; completed: number; failed: number }
}

/** The batches of a server. Each moves on when it is looked at. */
export class BatchStore {
  readonly #files: FileStore
  readonly #options: BatchOptions
  readonly #batches = new Map<string, { batch: Batch; looks: number }>()
  #processed = 0

  constructor(files: FileStore, options: BatchOptions) {
    this.#files = files
    this.#options = options
  }

  create(
    request: Pick<Batch, 'endpoint' | 'input_file_id' | 'completion_window' | 'metadata'>,
    now: number,
  ): Batch {
    this.#files.requireReady(request.input_file_id)
    const requests = this.#files.lines<BatchRequest>(request.input_file_id)
    const batch: Batch = {
      id: `batch_${this.#batches.size + 1}`,
      object: 'batch',
      ...request,
      status: 'validating',
      created_at: Math.floor(now / 1000),
      request_counts: { total: requests.length, completed: 0, failed: 0 },
    }
    const flaw = this.#flawOf(requests, request.endpoint)
    if (flaw !== undefined)
      Object.assign(batch, { status: 'failed', errors: { object: 'list', data: [flaw] } })
    this.#batches.set(batch.id, { batch, looks: 0 })
    return batch
  }

  list(): Batch[] {
    return Array.from(this.#batches.values(), ({ batch }) => batch).toReversed()
  }

  /** The current state of a batch. The last read processes its requests. */
  look(id: string, write: Write): Batch {
    const entry = this.#find(id)
    const { batch } = entry
    if (!isUnderWay(batch)) return batch
    batch.status = 'in_progress'
    if (++entry.looks >= (this.#options.looks ?? 2)) this.#work(batch, write)
    return batch
  }

  cancel(id: string): Batch {
    const { batch } = this.#find(id)
    if (isUnderWay(batch)) batch.status = 'cancelled'
    return batch
  }

  #work(batch: Batch, write: Write): void {
    const requests = this.#files.lines<BatchRequest>(batch.input_file_id)
    const outputs: object[] = []
    const errors: object[] = []
    // The order of the output is not that of the input.
    for (const { custom_id, url, body } of requests.toReversed()) {
      const fate = this.#options.fate?.(this.#processed++, body)
      const line = { id: `batch_req_${this.#processed}`, custom_id }
      if (fate === 'expired') {
        const error = { code: 'batch_expired', message: 'This request could not be executed in time.' }
        errors.push({ ...line, response: null, error })
        batch.status = 'expired'
        continue
      }
      const failed = { status_code: fate ?? 200, body: { error: { message: `Failed with ${fate}.` } } }
      const response = { request_id: 'req_1', ...(fate === undefined ? write(url, body) : failed) }
      ;(response.status_code === 200 ? outputs : errors).push({ ...line, response, error: null })
    }
    if (batch.status !== 'expired') batch.status = 'completed'
    Object.assign(batch.request_counts, { completed: outputs.length, failed: errors.length })
    if (outputs.length > 0) batch.output_file_id = this.#write('output', outputs, batch)
    if (errors.length > 0) batch.error_file_id = this.#write('error', errors, batch)
  }

  #write(name: string, lines: readonly object[], { id, created_at }: Batch): string {
    return this.#files.add({
      filename: `${id}_${name}.jsonl`,
      purpose: 'batch_output',
      content: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
      now: created_at * 1000,
      damagedDownloads: this.#options.damagedDownloads ?? 0,
    }).id
  }

  #flawOf(
    requests: readonly BatchRequest[],
    endpoint: string,
  ): { code: string; message: string } | undefined {
    const { maxRequests = 50_000, maxEnqueued = Number.POSITIVE_INFINITY } = this.#options
    const enqueued = this.list().filter(isUnderWay)
    const total = enqueued.reduce((sum, { request_counts }) => sum + request_counts.total, requests.length)
    if (requests.length > maxRequests) return { code: 'too_many_requests', message: 'Too many requests.' }
    if (total > maxEnqueued) return { code: 'token_limit_exceeded', message: 'Enqueued token limit reached.' }
    if (new Set(requests.map(({ custom_id }) => custom_id)).size < requests.length)
      return { code: 'duplicate_custom_id', message: 'A custom_id is there twice.' }
    if (requests.some(({ url }) => url !== endpoint)) return { code: 'mismatched_url', message: 'Wrong url.' }
    return undefined
  }

  #find(id: string) {
    const found = this.#batches.get(id)
    if (found === undefined) throw new ApiError(404, `No batch found with id '${id}'.`)
    return found
  }
}

function isUnderWay({ status }: Batch): boolean {
  return ['validating', 'in_progress', 'finalizing'].includes(status)
}
