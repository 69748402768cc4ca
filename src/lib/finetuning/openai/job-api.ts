import { readAnswer } from '../../models/openai/endpoint.ts'
import type { Server } from '../../models/openai/server.ts'
import type { Send, Transport } from '../../models/openai/transport.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { FineTuningJob, JobCheckpoint, JobEvent } from '../../schemas/fine-tuning-job.ts'
import { fineTuningJobSchema, jobCheckpointSchema, jobEventSchema } from '../../schemas/fine-tuning-job.ts'
import { InputError } from '../../support/errors.ts'
import type { Check } from '../../support/jsonl.ts'

const JOBS = '/fine_tuning/jobs'
const PAGE = 100

const checkJob = schemaCheck(fineTuningJobSchema)
const checkEvent = schemaCheck(jobEventSchema)
const checkCheckpoint = schemaCheck(jobCheckpointSchema)

/** The request that creates a job; `metadata` identifies it. */
export interface JobRequest extends Record<string, unknown> {
  model: string
  training_file?: string
  validation_file?: string
  metadata: Record<string, string>
}

/** The fine-tuning jobs of a server. Answers are checked; all lists come newest first. */
export class JobApi {
  readonly #transport: Transport
  readonly #signal: AbortSignal | undefined

  constructor({ transport, signal }: { transport: Transport; signal?: AbortSignal | undefined }) {
    this.#transport = transport
    this.#signal = signal
  }

  get server(): Server {
    return this.#transport.server
  }

  /** Sent once: throws OutcomeUnknownError if the server may have created the job although no answer came. */
  async create(body: JobRequest): Promise<FineTuningJob> {
    const send: Send<unknown> = (client, request) => client.post(JOBS, { body, ...request })
    return this.#call<FineTuningJob>(send, checkJob, { repeatable: false })
  }

  retrieve(id: string): Promise<FineTuningJob> {
    return this.#call((client, request) => client.get(`${JOBS}/${encodeURIComponent(id)}`, request), checkJob)
  }

  async control(id: string, action: 'cancel' | 'resume'): Promise<FineTuningJob> {
    const path = `${JOBS}/${encodeURIComponent(id)}/${action}`
    try {
      return await this.#call<FineTuningJob>((client, request) => client.post(path, request), checkJob)
    } catch (error) {
      if (!(error instanceof InputError) || error.code !== 'REQUEST_REFUSED') throw error
      // A repeated request is refused if the first one was carried out but its answer was lost.
      const job = await this.retrieve(id)
      const done = action === 'cancel' ? job.status === 'cancelled' : job.status !== 'paused'
      if (!done) throw error
      return job
    }
  }

  list(query: Record<string, string> = {}): AsyncGenerator<FineTuningJob, void> {
    return this.#list(JOBS, checkJob, query)
  }

  events(id: string): AsyncGenerator<JobEvent, void> {
    return this.#list(`${JOBS}/${encodeURIComponent(id)}/events`, checkEvent)
  }

  checkpoints(id: string): AsyncGenerator<JobCheckpoint, void> {
    return this.#list(`${JOBS}/${encodeURIComponent(id)}/checkpoints`, checkCheckpoint)
  }

  async *#list<T extends { id: string }>(
    path: string,
    check: Check,
    search: Record<string, string> = {},
  ): AsyncGenerator<T, void> {
    for (let after: string | undefined; ; ) {
      const query = { limit: PAGE, ...search, ...(after !== undefined && { after }) }
      const { data, has_more } = await this.#call<{ data: T[]; has_more?: boolean }>(
        (client, request) => client.get(path, { query, ...request }),
        (page) => checkPage(page, check),
      )
      yield* data
      after = data.at(-1)?.id
      if (!has_more || after === undefined) return
    }
  }

  #call<T>(send: Send<unknown>, check: Check, options: { repeatable?: boolean } = {}): Promise<T> {
    const read = (answer: unknown) => readAnswer<T>(answer, check)
    return this.#transport.call(send, read, { ...options, signal: this.#signal })
  }
}

function checkPage(page: unknown, check: Check): string | undefined {
  const { data } = (page ?? {}) as { data?: unknown }
  if (!Array.isArray(data)) return '"data" must be an array'
  return data.map(check).find((problem) => problem !== undefined)
}
