import type { Batch } from '../../../schemas/batch.ts'
import { batchSchema } from '../../../schemas/batch.ts'
import { schemaCheck } from '../../../schemas/compile.ts'
import { doOnce } from '../do-once.ts'
import { readAnswer } from '../endpoint.ts'
import type { Send, Transport } from '../transport.ts'

const BATCHES = '/batches'
/** Name of the metadata by which we find a batch again. */
const KEY = 'reversal_key'
const PAGE = 100

/** The API's names for final states. */
const ENDED = ['completed', 'failed', 'expired', 'cancelled']

const check = schemaCheck(batchSchema)
const readBatch = (answer: unknown) => readAnswer<Batch>(answer, check)

interface BatchPage {
  data: Batch[]
  has_more?: boolean
}

/** True if the batch is in a final state. */
export function hasBatchEnded({ status }: Batch): boolean {
  return ENDED.includes(status)
}

/** The batches of a server. Answers are checked. */
export class BatchApi {
  readonly #transport: Transport
  readonly #signal: AbortSignal | undefined

  constructor({ transport, signal }: { transport: Transport; signal: AbortSignal | undefined }) {
    this.#transport = transport
    this.#signal = signal
  }

  /** Creates a batch, exactly one for each key. Throws OutcomeUnknownError if it is unknown whether there is one. */
  create({ key, fileId, endpoint }: { key: string; fileId: string; endpoint: string }): Promise<Batch> {
    const body = {
      input_file_id: fileId,
      endpoint,
      completion_window: '24h',
      metadata: { [KEY]: key },
    }
    const send: Send<unknown> = (client, request) => client.post(BATCHES, { body, ...request })
    return doOnce({
      server: this.#transport.server,
      attempt: () => this.#transport.call(send, readBatch, { signal: this.#signal, repeatable: false }),
      find: () => this.#take(key),
      signal: this.#signal,
    })
  }

  /** The oldest batch with that key; undefined if there is none. */
  async find(key: string): Promise<Batch | undefined> {
    return (await this.#all(key))[0]
  }

  retrieve(id: string): Promise<Batch> {
    const path = `${BATCHES}/${encodeURIComponent(id)}`
    return this.#call((client, request) => client.get(path, request), readBatch)
  }

  /** Like `find`, but cancels all other batches with that key. */
  async #take(key: string): Promise<Batch | undefined> {
    const [own, ...others] = await this.#all(key)
    for (const other of others.filter((batch) => !hasBatchEnded(batch))) {
      const path = `${BATCHES}/${encodeURIComponent(other.id)}/cancel`
      await this.#call((client, request) => client.post(path, request), readBatch)
    }
    return own
  }

  /** Those with that key, the oldest first. */
  async #all(key: string): Promise<Batch[]> {
    const found: Batch[] = []
    for (let after: string | undefined; ; ) {
      const query = { limit: PAGE, ...(after !== undefined && { after }) }
      const { data, has_more } = await this.#call(
        (client, request) => client.get(BATCHES, { query, ...request }),
        (page) => readAnswer<BatchPage>(page, checkPage),
      )
      found.push(...data.filter(({ metadata }) => metadata?.[KEY] === key))
      after = data.at(-1)?.id
      if (!has_more || after === undefined) return found.toReversed()
    }
  }

  #call<T>(send: Send<unknown>, read: (answer: unknown) => T): Promise<T> {
    return this.#transport.call(send, read, { signal: this.#signal })
  }
}

function checkPage(page: unknown): string | undefined {
  const { data } = (page ?? {}) as { data?: unknown }
  if (!Array.isArray(data)) return '"data" must be an array'
  return data.map(check).find((problem) => problem !== undefined)
}
