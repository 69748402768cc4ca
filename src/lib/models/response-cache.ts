import { rm } from 'node:fs/promises'
import { describeMachineFault, hasErrorCode } from '../support/errors.ts'
import { exists, sha256 } from '../support/files.ts'
import type { Check } from '../support/jsonl.ts'

/** Raise it when entries change their meaning. */
const VERSION = 1

export interface CacheInfo {
  directory: string
  entries: number
  /** Of the answers, without what the file system adds. */
  bytes: number
  models: { model: string; entries: number; bytes: number }[]
}

/** Called once with a sentence if the cache cannot be read or written. */
export type CacheFailureListener = ((sentence: string) => void) | undefined

/**
 * Answers of hosted models by their questions, in a separate folder. Each has a checksum that is verified on
 * reading: a damaged answer counts as missing. Only a hash of the question is stored.
 *
 * The cache is optional: if it cannot be read or written, that is reported once, and no answer is lost.
 */
export class ResponseCache {
  readonly directory: string
  #onFailure: ((sentence: string) => void) | undefined

  constructor(directory: string, { onFailure }: { onFailure?: CacheFailureListener } = {}) {
    this.directory = directory
    this.#onFailure = onFailure
  }

  /** The answer to a question; undefined where there is none, or none that is whole and passes `check`. */
  async get<T>(question: unknown, check: Check): Promise<T | undefined> {
    const { default: cacache } = await import('cacache')
    try {
      const { data } = await cacache.get(this.directory, keyOf(question))
      const answer: unknown = JSON.parse(data.toString())
      return check(answer) === undefined ? (answer as T) : undefined
    } catch (error) {
      const damaged = error instanceof SyntaxError || DAMAGES.some((code) => hasErrorCode(error, code))
      if (!damaged) this.#tell('Cached answers are not used', error)
      return undefined
    }
  }

  /** Keep an answer if that is possible; `model` is for `info` alone. */
  async set(question: unknown, answer: unknown, { model }: { model: string }): Promise<void> {
    const { default: cacache } = await import('cacache')
    try {
      await cacache.put(this.directory, keyOf(question), JSON.stringify(answer), { metadata: { model } })
    } catch (error) {
      this.#tell('Answers are not cached', error)
    }
  }

  async info(): Promise<CacheInfo> {
    const { directory } = this
    const { default: cacache } = await import('cacache')
    const entries = (await exists(directory)) ? Object.values(await cacache.ls(directory)) : []
    const byModel = Map.groupBy(entries, ({ metadata }) => String(metadata?.model))
    const sum = (of: typeof entries) => of.reduce((total, { size }) => total + size, 0)
    const models = Array.from(byModel, ([model, own]) => ({ model, entries: own.length, bytes: sum(own) }))
    return {
      directory,
      entries: entries.length,
      bytes: sum(entries),
      models: models.toSorted((a, b) => a.model.localeCompare(b.model)),
    }
  }

  #tell(what: string, error: unknown): void {
    const listener = this.#onFailure
    this.#onFailure = undefined
    const { message } = describeMachineFault(error) ?? (error as Error)
    listener?.(`${what} (${this.directory}): ${message}`)
  }

  /** Forget everything. */
  async clear(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** Not there, not as it was written, or cut off. */
const DAMAGES = ['ENOENT', 'EINTEGRITY', 'EBADSIZE']

function keyOf(question: unknown): string {
  return sha256(JSON.stringify([VERSION, question]))
}
