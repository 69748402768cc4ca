import { readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describeMachineFault, hasErrorCode } from '../support/errors.ts'
import { sha256 } from '../support/files.ts'
import type { Check } from '../support/jsonl.ts'
import { LineAppender } from '../support/line-appender.ts'
import { AnswerFile } from './answer-cache/answer-file.ts'
import type { CachedAnswer } from './answer-cache/answer-line.ts'
import { LONGEST_LINE_BYTES, writeAnswerLine } from './answer-cache/answer-line.ts'
import { OLD_INDEX, OldAnswers } from './answer-cache/old-answers.ts'

/** Raise it when entries change their meaning. */
const VERSION = 1

/** How often to look for answers that other processes add. */
const LOOK_EVERY_MS = 1000

const UNREADABLE = 'Cached answers are not used'

const ANSWER_FILE = /^answers-[\da-f]+\.jsonl$/

export interface CacheInfo {
  directory: string
  entries: number
  /** Size of the answers, without other files. */
  bytes: number
  models: { model: string; entries: number; bytes: number }[]
}

/** Called once with a sentence if the cache cannot be read or written. */
export type CacheFailureListener = ((sentence: string) => void) | undefined

/**
 * Answers of hosted models by their questions, in a separate folder that many processes use at once. Each has a
 * checksum that is verified on reading: a damaged answer counts as missing. Only a hash of the question is stored.
 *
 * The cache is optional: if it cannot be read or written, that is reported once, and no answer is lost.
 */
export class ResponseCache {
  readonly directory: string
  readonly #files = new Map<string, AnswerFile>()
  readonly #appender: LineAppender
  #old: OldAnswers | undefined
  /** Questions answered since the last look began; while a look is in progress, also those answered before it. */
  #added = new Set<string>()
  #seeing = new Set<string>()
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined
  #onFailure: ((sentence: string) => void) | undefined

  constructor(directory: string, { onFailure }: { onFailure?: CacheFailureListener } = {}) {
    this.directory = directory
    // Appending is atomic only on one machine, so each machine that shares a network folder has its own file.
    this.#appender = new LineAppender(join(directory, `answers-${sha256(hostname()).slice(0, 8)}.jsonl`))
    this.#onFailure = onFailure
  }

  /** The answer to a question; undefined if there is none that is intact and passes `check`. */
  async get<T>(question: unknown, check: Check): Promise<T | undefined> {
    try {
      const entry = await this.#find(keyOf(question))
      return entry !== undefined && check(entry.answer) === undefined ? (entry.answer as T) : undefined
    } catch (error) {
      this.#tell(UNREADABLE, error)
      return undefined
    }
  }

  /** Stores an answer if possible, before the returned promise resolves; `model` is only for `info`. */
  async set(question: unknown, answer: unknown, { model }: { model: string }): Promise<void> {
    const key = keyOf(question)
    const line = writeAnswerLine({ question: key, model, answer })
    if (Buffer.byteLength(line) >= LONGEST_LINE_BYTES) return
    try {
      await this.#appender.append(line)
      this.#added.add(key)
    } catch (error) {
      this.#tell('Answers are not cached', error)
    }
  }

  async info(): Promise<CacheInfo> {
    await this.#lookOnce()
    const entries = new Map<string, { model: string; bytes: number }>()
    await this.#old?.list((question, entry) => entries.set(question, entry))
    for (const file of this.#files.values()) {
      await file.readAll(({ question, model, answer }) => {
        entries.set(question, { model, bytes: Buffer.byteLength(JSON.stringify(answer)) })
      })
    }
    const all = [...entries.values()]
    const sum = (of: typeof all) => of.reduce((total, { bytes }) => total + bytes, 0)
    const byModel = Map.groupBy(all, ({ model }) => model)
    const models = Array.from(byModel, ([model, own]) => ({ model, entries: own.length, bytes: sum(own) }))
    return {
      directory: this.directory,
      entries: all.length,
      bytes: sum(all),
      models: models.toSorted((a, b) => a.model.localeCompare(b.model)),
    }
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }

  async #find(question: string): Promise<CachedAnswer | undefined> {
    // A look in progress may have started too early for this question.
    while (this.#added.has(question) || this.#seeing.has(question)) await this.#lookOnce()
    const known = await this.#search(question)
    if (known !== undefined) return known
    if (performance.now() - this.#lookedAt > LOOK_EVERY_MS) {
      await this.#lookOnce()
      const found = await this.#search(question)
      if (found !== undefined) return found
    }
    return this.#old?.find(question)
  }

  async #search(question: string): Promise<CachedAnswer | undefined> {
    for (const file of this.#files.values()) {
      const found = await file.find(question)
      if (found !== undefined) return found
    }
    return undefined
  }

  #lookOnce(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** Reads what was added since the last time, by this process or by others. */
  async #look(): Promise<void> {
    this.#seeing = this.#added
    this.#added = new Set()
    try {
      const names = await readdir(this.directory).catch(goneIsEmpty)
      this.#old = names.includes(OLD_INDEX) ? new OldAnswers(this.directory) : undefined
      for (const name of this.#files.keys()) if (!names.includes(name)) this.#files.delete(name)
      for (const name of names.filter((own) => ANSWER_FILE.test(own))) {
        const file = this.#files.get(name) ?? new AnswerFile(join(this.directory, name))
        this.#files.set(name, file)
        await file.look().catch((error) => this.#tell(UNREADABLE, error))
      }
    } finally {
      this.#seeing = new Set()
      this.#lookedAt = performance.now()
    }
  }

  #tell(what: string, error: unknown): void {
    const listener = this.#onFailure
    this.#onFailure = undefined
    const { message } = describeMachineFault(error) ?? (error as Error)
    listener?.(`${what} (${this.directory}): ${message}`)
  }
}

function keyOf(question: unknown): string {
  return sha256(JSON.stringify([VERSION, question]))
}

function goneIsEmpty(error: unknown): string[] {
  if (hasErrorCode(error, 'ENOENT')) return []
  throw error
}
