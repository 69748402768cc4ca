import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode } from '../../support/errors.ts'
import type { CachedAnswer } from './answer-line.ts'

/** Is in each folder of the package `cacache`, which keeps an entry as a line of an index and a file of content. */
export const OLD_INDEX = 'index-v5'
const OLD_CONTENT = 'content-v2'

interface OldEntry {
  key: string
  /** Such as `sha512-…=`; null for one that was deleted. */
  integrity: string | null
  size: number
  metadata?: { model?: unknown }
}

/** The answers that earlier versions kept with `cacache`: they were paid for, so they are still read. None are added. */
export class OldAnswers {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** The answer to a question, if it is intact. */
  async find(question: string): Promise<CachedAnswer | undefined> {
    const entries = await this.#readBucket(join(OLD_INDEX, ...segments(digest('sha256', question))))
    const { integrity, metadata } = entries.get(question) ?? {}
    if (!integrity?.startsWith('sha512-')) return undefined
    const sum = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex')
    const content = await this.#read(join(OLD_CONTENT, 'sha512', ...segments(sum)))
    if (content === undefined || digest('sha512', content) !== sum) return undefined
    return { question, model: String(metadata?.model), answer: JSON.parse(content.toString()) }
  }

  /** Lists the index entries of all answers. */
  async list(onEntry: (question: string, about: { model: string; bytes: number }) => void): Promise<void> {
    for (const name of await readdir(join(this.#directory, OLD_INDEX), { recursive: true })) {
      for (const [question, { integrity, metadata, size }] of await this.#readBucket(join(OLD_INDEX, name))) {
        if (integrity !== null) onEntry(question, { model: String(metadata?.model), bytes: size })
      }
    }
  }

  /** The entries of one file of the index by their keys, of each the newest; those that are damaged are left out. */
  async #readBucket(name: string): Promise<Map<string, OldEntry>> {
    const text = (await this.#read(name))?.toString() ?? ''
    const entries = text.split('\n').flatMap((line): OldEntry[] => {
      const [sum, json = ''] = line.split('\t')
      return sum === digest('sha1', json) ? [JSON.parse(json)] : []
    })
    return new Map(entries.map((entry) => [entry.key, entry]))
  }

  async #read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#directory, name))
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'EISDIR')) return undefined
      throw error
    }
  }
}

function digest(algorithm: string, content: string | Uint8Array): string {
  return createHash(algorithm).update(content).digest('hex')
}

/** The path at which `cacache` stores content with this digest. */
function segments(sum: string): string[] {
  return [sum.slice(0, 2), sum.slice(2, 4), sum.slice(4)]
}
