import { randomUUID } from 'node:crypto'
import type { Batch } from '../../../schemas/batch.ts'
import { InputError } from '../../../support/errors.ts'
import { sha256 } from '../../../support/files.ts'
import { wait } from '../../../support/wait.ts'
import { awaitFile, fetchFile, isMissing, lookUpFile, sendFile } from '../files.ts'
import type { Transport } from '../transport.ts'
import { BatchApi } from './batch-api.ts'
import type { BatchFile } from './batch-requests.ts'
import type { BatchRecord, Outbox } from './outbox.ts'
import type { BatchResult } from './result-lines.ts'
import { parseResultLines } from './result-lines.ts'

/** How often the files of a batch are fetched that come damaged. */
const MOST_FETCHES = 4

/** The results of an ended batch. */
export interface Delivery {
  /** One for each request, except those about which the server says nothing. */
  results: BatchResult[]
  /** Why results that the server must have are missing. */
  damage?: string
}

/** Sends batches and fetches their results; each batch is recorded in the outbox before it is sent. */
export class PostOffice {
  readonly #transport: Transport
  readonly #outbox: Outbox
  readonly #api: BatchApi
  readonly #signal: AbortSignal | undefined

  constructor(options: { transport: Transport; outbox: Outbox; signal: AbortSignal | undefined }) {
    this.#transport = options.transport
    this.#outbox = options.outbox
    this.#api = new BatchApi(options)
    this.#signal = options.signal
  }

  /** Sends a batch of requests to one endpoint. Throws InputError BATCH_UNAVAILABLE for a server without such an API. */
  async send({ url, customIds, text }: BatchFile): Promise<void> {
    const fileId = await this.#upload(text)
    const key = randomUUID()
    await this.#outbox.add({ key, custom_ids: customIds, status: 'submitting', collected: false })
    const { id, status } = await this.#api.create({ key, fileId, endpoint: url })
    await this.#outbox.update(key, { id, status })
  }

  /** The current state of the batch; undefined if the server never received it. */
  async look({ key, id }: BatchRecord): Promise<Batch | undefined> {
    const batch = await (id === undefined ? this.#api.find(key) : this.#api.retrieve(id))
    if (batch !== undefined) await this.#outbox.update(key, { id: batch.id, status: batch.status })
    return batch
  }

  /** Results of the requests of an ended batch. Files that arrive damaged are fetched again, a few times. */
  async results(ended: Batch): Promise<Delivery> {
    const found = new Map<string, BatchResult>()
    for (let batch = ended, fetches = 1; ; fetches++) {
      const ids = [batch.output_file_id, batch.error_file_id].filter((id) => typeof id === 'string')
      const texts = await Promise.all(ids.map((id) => this.#fetch(id)))
      const gone = texts.includes(undefined)
      const parsed = texts.filter((text) => text !== undefined).map(parseResultLines)
      for (const result of parsed.flatMap(({ results }) => results)) found.set(result.customId, result)
      const unreadable = parsed.reduce((sum, file) => sum + file.unreadable, 0)
      const results = [...found.values()]
      const damage = damageOf(batch, { unreadable, gone, found: found.size })
      if (damage === undefined) return { results }
      if (fetches === MOST_FETCHES) return { results, damage }
      await wait(this.#transport.server.backoffMs * 4 ** fetches, this.#signal)
      batch = await this.#api.retrieve(batch.id)
    }
  }

  /** The text of a file; undefined if the server does not have it. */
  async #fetch(id: string): Promise<string | undefined> {
    try {
      return await fetchFile(this.#transport, id, this.#signal)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** The server's name for a file, which is sent unless the server has it already, and is ready there. */
  async #upload(text: string): Promise<string> {
    const checksum = sha256(text)
    const known = this.#outbox.upload(checksum)
    const there = known && (await lookUpFile(this.#transport, known, this.#signal))
    const usable = there && there.status !== 'error' ? there : undefined
    const file = usable ?? (await this.#send(text, checksum))
    await awaitFile(this.#transport, file, this.#signal)
    return file.id
  }

  async #send(text: string, checksum: string) {
    try {
      const sent = { content: [text], name: 'reversal-batch.jsonl', purpose: 'batch' as const }
      const file = await sendFile(this.#transport, sent, this.#signal)
      await this.#outbox.addUpload({ sha256: checksum, file_id: file.id })
      return file
    } catch (error) {
      if (!isMissing(error)) throw error
      throw new InputError(`${this.#transport.server.name} has no Batch API.`, {
        code: 'BATCH_UNAVAILABLE',
        suggestions: ['leave out --batch'],
        cause: error,
      })
    }
  }
}

/** What is wrong with the fetched results of a batch: they must be as many as the server counts. */
function damageOf(
  { id, request_counts: counts }: Batch,
  { unreadable, gone, found }: { unreadable: number; gone: boolean; found: number },
): string | undefined {
  const told = counts?.completed === undefined ? undefined : counts.completed + (counts.failed ?? 0)
  const damaged = told === undefined ? gone || unreadable > 0 : found < told
  if (!damaged) return undefined
  if (gone)
    return `The server does not have the results of the batch ${id}; the next command fetches them again.`
  const missing = told === undefined ? unreadable : told - found
  return `The results of the batch ${id} are damaged, and ${missing} of them cannot be read; the next command fetches them again.`
}
