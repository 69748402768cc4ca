import type { BatchesRecord } from '../../../schemas/batches.ts'
import { batchesSchema } from '../../../schemas/batches.ts'
import { schemaCheck } from '../../../schemas/compile.ts'
import { writeJson } from '../../../support/files.ts'
import { readRecord } from '../../../support/record.ts'

export type BatchRecord = BatchesRecord['batches'][number]

const check = schemaCheck(batchesSchema)

/** Beside the journal of an evaluation. */
export const BATCHES_FILE = 'batches.json'

/** How a batch fails that would bring more tokens into the queue than the server allows. */
export const TOO_MUCH_ENQUEUED = 'token_limit_exceeded'

/** The record of everything sent to the Batch API, in a file that is written at each change. */
export class Outbox {
  readonly #path: string
  readonly #record: BatchesRecord

  private constructor(path: string, record: BatchesRecord) {
    this.#path = path
    this.#record = record
  }

  /** Opens the file or creates it. Throws InputError BAD_RECORD if it is damaged. */
  static async open(path: string, sender: Omit<BatchesRecord, 'batches' | 'uploads'>): Promise<Outbox> {
    return new Outbox(path, (await readBatches(path)) ?? { ...sender, batches: [] })
  }

  /** All batches, in the order of sending. */
  get all(): readonly BatchRecord[] {
    return this.#record.batches
  }

  /** Batches that may still have answers. */
  get open(): readonly BatchRecord[] {
    return this.all.filter(({ collected }) => !collected)
  }

  /**
   * Maximum number of requests in one batch, as learned from refusals; undefined if there were none. While there is a
   * limit, batches are sent one after the other.
   */
  get sizeLimit(): number | undefined {
    const refused = this.all.filter(({ error_code }) => error_code === TOO_MUCH_ENQUEUED)
    if (refused.length === 0) return undefined
    return Math.ceil(Math.min(...refused.map(({ custom_ids }) => custom_ids.length)) / 2)
  }

  /** The server's ID for an input file that it has. */
  upload(sha256: string): string | undefined {
    return this.#record.uploads?.findLast((upload) => upload.sha256 === sha256)?.file_id
  }

  async addUpload(upload: { sha256: string; file_id: string }): Promise<void> {
    const { uploads = [] } = this.#record
    this.#record.uploads = [...uploads, upload]
    await this.#write()
  }

  async add(batch: BatchRecord): Promise<void> {
    this.#record.batches.push(batch)
    await this.#write()
  }

  async update(key: string, changes: Partial<BatchRecord>): Promise<void> {
    const batch = this.all.find((other) => other.key === key)!
    Object.assign(batch, changes)
    await this.#write()
  }

  async #write(): Promise<void> {
    await writeJson(this.#path, this.#record)
  }
}

/** Reads a `batches.json`; undefined if there is none. Throws InputError BAD_RECORD. */
export function readBatches(path: string): Promise<BatchesRecord | undefined> {
  return readRecord<BatchesRecord>(path, check)
}
