import { randomUUID } from 'node:crypto'
import type { OpenAI } from 'openai'
import { InputError } from '../../../support/errors.ts'
import { fetchFile, sendFile } from '../files.ts'
import type { Transport } from '../transport.ts'
import { OutcomeUnknownError } from '../transport.ts'
import type { BatchRecord, Outbox } from './outbox.ts'
import type { BatchFile } from './requests.ts'
import type { BatchResult } from './results.ts'
import { parseResults } from './results.ts'

export type Batch = OpenAI.Batches.Batch

/** Name of the metadata by which we find a batch again. */
const KEY = 'reversal_key'
const MOST_TRIES = 3

/** Sends batches and fetches what they bring; each is written down in the outbox before it is sent. */
export class PostOffice {
  readonly #transport: Transport
  readonly #outbox: Outbox
  readonly #signal: AbortSignal | undefined

  constructor(options: { transport: Transport; outbox: Outbox; signal: AbortSignal | undefined }) {
    this.#transport = options.transport
    this.#outbox = options.outbox
    this.#signal = options.signal
  }

  /** Send a batch of requests to one endpoint. Throws InputError BATCH_UNAVAILABLE for a server without such an API. */
  async send({ url, customIds, text }: BatchFile): Promise<void> {
    const fileId = await this.#upload(text)
    const key = randomUUID()
    await this.#outbox.add({ key, custom_ids: customIds, status: 'submitting', collected: false })
    const { id, status } = await this.#create(key, fileId, url)
    await this.#outbox.update(key, { id, status })
  }

  /** The batch as it is now; undefined where the server never got it. */
  async look({ key, id }: BatchRecord): Promise<Batch | undefined> {
    const batch = id === undefined ? await this.#find(key) : await this.#retrieve(id)
    if (batch !== undefined) await this.#outbox.update(key, { id: batch.id, status: batch.status })
    return batch
  }

  /** What became of its requests; of some there may be nothing. */
  async results({ output_file_id, error_file_id }: Batch): Promise<BatchResult[]> {
    const ids = [output_file_id, error_file_id].filter((id) => typeof id === 'string')
    const texts = await Promise.all(ids.map((id) => fetchFile(this.#transport, id, this.#signal)))
    return texts.flatMap(parseResults)
  }

  async #upload(text: string): Promise<string> {
    try {
      const file = { content: [text], name: 'reversal-batch.jsonl', purpose: 'batch' as const }
      return await sendFile(this.#transport, file, this.#signal)
    } catch (error) {
      if (!(error instanceof InputError) || !['NOT_FOUND', 'NOT_COMPATIBLE'].includes(error.code)) throw error
      throw new InputError(`${this.#transport.server.name} has no Batch API.`, {
        code: 'BATCH_UNAVAILABLE',
        suggestions: ['leave out --batch'],
        cause: error,
      })
    }
  }

  /** Where no answer comes, the batch may be there all the same: look for it before it is sent, and paid for, again. */
  async #create(key: string, input_file_id: string, url: string): Promise<Batch> {
    const endpoint = url as Batch['endpoint'] as '/v1/completions'
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#transport.call(
          (client, request) =>
            client.batches.create(
              { input_file_id, endpoint, completion_window: '24h', metadata: { [KEY]: key } },
              request,
            ),
          (batch) => batch,
          { signal: this.#signal, repeatable: false },
        )
      } catch (error) {
        if (!(error instanceof OutcomeUnknownError)) throw error
        const found = await this.#find(key)
        if (found !== undefined) return found
        if (attempt === MOST_TRIES) throw error
      }
    }
  }

  async #find(key: string): Promise<Batch | undefined> {
    for (let after: string | undefined; ; ) {
      const { data, has_more } = await this.#transport.call(
        (client, request) => client.batches.list({ limit: 100, ...(after && { after }) }, request),
        (page) => page,
        { signal: this.#signal },
      )
      const found = data.find(({ metadata }) => metadata?.[KEY] === key)
      after = data.at(-1)?.id
      if (found !== undefined || !has_more || after === undefined) return found
    }
  }

  #retrieve(id: string): Promise<Batch> {
    return this.#transport.call(
      (client, request) => client.batches.retrieve(id, request),
      (batch) => batch,
      { signal: this.#signal },
    )
  }
}
