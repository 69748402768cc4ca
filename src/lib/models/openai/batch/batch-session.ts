import type { Batch } from '../../../schemas/batch.ts'
import { plural } from '../../../support/numbers.ts'
import type { Completion } from '../../language-model.ts'
import type { Unanswered } from '../../unanswered.ts'
import { ErrorAnswer } from '../error-answer.ts'
import { UnexpectedAnswerError } from '../failures.ts'
import { hasBatchEnded } from './batch-api.ts'
import type { BatchLimits, BatchRequest } from './batch-requests.ts'
import { batchFiles } from './batch-requests.ts'
import type { BatchRecord, Outbox } from './outbox.ts'
import { TOO_MUCH_ENQUEUED } from './outbox.ts'
import type { PostOffice } from './post-office.ts'
import type { BatchResult } from './result-lines.ts'
import { failedResult } from './result-lines.ts'

/** The batches that are under way, and their requests. */
export interface BatchProgress {
  batches: number
  completed: number
  total: number
}

/** A text to generate: one sample of a prompt. */
export interface Piece {
  /** Position of its prompt. */
  index: number
  prompt: string
  sample: number
  request: BatchRequest
}

export interface BatchSessionOptions {
  outbox: Outbox
  office: PostOffice
  pieces: readonly Piece[]
  limits: BatchLimits
  /** Sends only what was in an earlier batch. */
  onlyAgain: boolean
  /** Reads the answer to a piece. Throws UnexpectedAnswerError or ErrorAnswer. */
  read: (answer: unknown) => Completion
}

/** Maximum number of attempts for a request that fails. */
const MOST_ATTEMPTS = 3

/** Gets texts through the Batch API: collects the results of earlier batches, and sends the rest. */
export class BatchSession {
  /** Prompts without an answer after all attempts, and why. */
  readonly troubles: Unanswered[] = []
  readonly #options: BatchSessionOptions
  /** Pieces that are still without an answer, by `custom_id`. */
  readonly #wanted: Map<string, Piece>
  readonly #attempts = new Map<string, number>()
  /**
   * Keys of batches whose results arrive damaged: they are paid for, so they are fetched another time and not sent
   * again.
   */
  readonly #damaged = new Set<string>()

  constructor(options: BatchSessionOptions) {
    this.#options = options
    this.#wanted = new Map(options.pieces.map((piece) => [piece.request.custom_id, piece]))
  }

  /** Whether there are open batches that may still have results. */
  get waits(): boolean {
    return this.#underWay.length > 0
  }

  /** Whether there are batches whose results are paid for but cannot be read. */
  get damaged(): boolean {
    return this.#damaged.size > 0
  }

  get #underWay(): readonly BatchRecord[] {
    return this.#options.outbox.open.filter(({ key }) => !this.#damaged.has(key))
  }

  /** Checks all batches once: yields the answers that have arrived, then sends whatever is missing. */
  async *look(): AsyncGenerator<{ piece: Piece; completion: Completion }, BatchProgress> {
    const { office } = this.#options
    let completed = 0
    for (const record of this.#underWay) {
      const batch = await office.look(record)
      const underWay = batch !== undefined && !hasBatchEnded(batch)
      if (underWay) completed += batch.request_counts?.completed ?? 0
      else yield* this.#collect(record, batch)
    }
    await this.#sendMissing()
    return { batches: this.#underWay.length, completed, total: idsOf(this.#underWay).size }
  }

  /** All results of an ended batch; a batch that never reached the server has none and is sent again. */
  async *#collect(record: BatchRecord, batch: Batch | undefined) {
    const { outbox, office } = this.#options
    const { results, damage } = batch === undefined ? { results: [] } : await office.results(batch)
    for (const result of results) {
      const piece = this.#wanted.get(result.customId)
      if (piece === undefined) continue
      const completion = this.#read(result)
      if (completion === undefined) continue
      this.#wanted.delete(result.customId)
      yield { piece, completion }
    }
    if (damage !== undefined) {
      this.#damaged.add(record.key)
      for (const id of record.custom_ids.filter((own) => this.#wanted.has(own))) this.#giveUp(id, damage)
      return
    }
    if (batch !== undefined) this.#countFailures(record, batch)
    const code = batch?.errors?.data?.[0]?.code
    await outbox.update(record.key, {
      collected: true,
      ...(typeof code === 'string' && { error_code: code }),
    })
  }

  /** The answer in a result. A result without one is recorded as a failure or left to be sent again. */
  #read(result: BatchResult): Completion | undefined {
    if ('answer' in result) {
      try {
        return this.#options.read(result.answer)
      } catch (error) {
        if (error instanceof ErrorAnswer) {
          return this.#read(failedResult(result.customId, error.status ?? 400, error.error))
        }
        if (!(error instanceof UnexpectedAnswerError)) throw error
        this.#giveUp(result.customId, `The answer cannot be read: ${error.message}.`)
      }
    } else if (!result.again) {
      this.#giveUp(result.customId, result.message)
    }
    return undefined
  }

  /**
   * Missing results of an ended batch are requested again, a few times, unless the server refused the whole
   * batch.
   */
  #countFailures({ custom_ids }: BatchRecord, { status, errors }: Batch): void {
    const { code, message = 'no reason given' } = errors?.data?.[0] ?? {}
    // The outbox makes smaller batches of it.
    if (code === TOO_MUCH_ENQUEUED && custom_ids.length > 1) return
    for (const id of custom_ids.filter((own) => this.#wanted.has(own))) {
      const attempts = (this.#attempts.get(id) ?? 0) + 1
      this.#attempts.set(id, attempts)
      if (status === 'failed') this.#giveUp(id, `The server refuses the batch: ${message}`)
      else if (status === 'cancelled') this.#giveUp(id, 'The batch was cancelled at the server.')
      else if (attempts >= MOST_ATTEMPTS)
        this.#giveUp(id, `It failed or expired in ${plural(attempts, 'batch', 'batches')}.`)
    }
  }

  #giveUp(customId: string, reason: string): void {
    const { index } = this.#wanted.get(customId)!
    this.#wanted.delete(customId)
    this.troubles.push({ index, reason })
  }

  /** Sends the pieces that are in no open batch; one batch after the other if the server's queue is short. */
  async #sendMissing(): Promise<void> {
    const { outbox, office, limits, onlyAgain } = this.#options
    const underWay = idsOf(outbox.open)
    const sendable = onlyAgain ? idsOf(outbox.all) : this.#wanted
    const missing = [...this.#wanted].filter(([id]) => !underWay.has(id) && sendable.has(id))
    const { sizeLimit } = outbox
    if (sizeLimit !== undefined && this.waits) return
    const requests = Math.min(limits.requests, sizeLimit ?? limits.requests)
    const files = batchFiles(
      missing.map(([, { request }]) => request),
      { ...limits, requests },
    )
    for (const file of sizeLimit === undefined ? files : files.slice(0, 1)) await office.send(file)
  }
}

function idsOf(batches: readonly BatchRecord[]): Set<string> {
  return new Set(batches.flatMap(({ custom_ids }) => custom_ids))
}
