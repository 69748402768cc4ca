import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasErrorCode, InputError, namingFile, ReversalError } from '../../../support/errors.ts'
import { exists, readTextIfExists } from '../../../support/files.ts'
import { acquireLock } from '../../../support/lock.ts'
import { formatBytes } from '../../../support/numbers.ts'
import { wait } from '../../../support/wait.ts'
import { PICKLE_FILE, pickled, unreadable } from '../failures.ts'
import {
  ADAPTER_FILES,
  CachedRepository,
  MODEL_FILES,
  SINGLE_WEIGHTS,
  shardsOf,
  WEIGHTS_INDEX,
} from './cache.ts'
import type { HubClientOptions, RemoteFile } from './client.ts'
import { HubClient } from './client.ts'
import type { Repository } from './repository.ts'

/** How far a download is. */
export interface DownloadProgress {
  file: string
  /** Bytes of the whole model so far, and in total. */
  bytes: number
  totalBytes: number
}

export interface DownloadOptions extends HubClientOptions {
  /** Leaves out the weights, which who only describes a model does not need. */
  withoutWeights?: boolean | undefined
  onProgress?: ((progress: DownloadProgress) => void) | undefined
}

/** Maximum number of broken connections in a row without any progress. */
const BREAKS = 5

/**
 * The folder of a model of the Hub, downloaded into the cache if a file is missing. A broken download is continued, and
 * every file's hash is checked. Throws InputError MODEL_NOT_CACHED if downloads are not allowed, MODEL_NOT_FOUND,
 * MODEL_GATED, NO_SPACE, LOCKED, MODEL_UNREADABLE, ReversalError HUB_FAILED, HUB_REFUSED.
 */
export async function fetchModel(repository: Repository, options: DownloadOptions): Promise<string> {
  const { cacheDirectory, offline, withoutWeights = false } = options
  const cached = new CachedRepository(cacheDirectory, repository)
  const known = await cached.commitOf(repository.revision)
  const there = known === undefined ? undefined : await cached.wholeSnapshot(known, { withoutWeights })
  if (there !== undefined) return there
  if (offline) {
    throw new InputError(
      `${repository.name} is not in ${cacheDirectory}, and HF_HUB_OFFLINE forbids downloading it.`,
      {
        code: 'MODEL_NOT_CACHED',
        suggestions: ['unset HF_HUB_OFFLINE', 'give the folder of the model'],
      },
    )
  }
  await using _lock = await acquireLock(join(cached.directory, 'reversal.lock'))
  const client = new HubClient(options)
  try {
    return await new Download(repository, cached, client, options).run()
  } finally {
    await client.close()
  }
}

class Download {
  readonly #repository: Repository
  readonly #cached: CachedRepository
  readonly #client: HubClient
  readonly #options: DownloadOptions
  #bytes = 0
  #totalBytes = 0

  constructor(repository: Repository, cached: CachedRepository, client: HubClient, options: DownloadOptions) {
    this.#repository = repository
    this.#cached = cached
    this.#client = client
    this.#options = options
  }

  async run(): Promise<string> {
    const { commit, files } = await this.#client.list(this.#repository)
    const offered = new Set(files)
    const { withoutWeights = false } = this.#options
    const adapter = ADAPTER_FILES.every((file) => offered.has(file))
    const weights = () => (withoutWeights ? [] : [this.#weights(offered)])
    const wanted = adapter ? [...ADAPTER_FILES, ...MODEL_FILES.slice(2)] : [...MODEL_FILES, ...weights()]
    await this.#fetchAll(
      commit,
      wanted.filter((file) => offered.has(file)),
    )
    if (wanted.includes(WEIGHTS_INDEX)) {
      const index = await readTextIfExists(join(this.#cached.snapshot(commit), WEIGHTS_INDEX))
      await this.#fetchAll(commit, shardsOf(index ?? ''))
    }
    const whole = await this.#cached.wholeSnapshot(commit, { withoutWeights })
    if (whole === undefined) {
      throw unreadable(
        `${this.#repository.name} lacks a file: a model has ${MODEL_FILES[0]}, ${MODEL_FILES[2]} and weights`,
      )
    }
    await this.#cached.rememberCommit(this.#repository.revision, commit)
    return whole
  }

  #weights(offered: ReadonlySet<string>): string {
    const found = [SINGLE_WEIGHTS, WEIGHTS_INDEX].find((file) => offered.has(file))
    if (found !== undefined) return found
    const { name } = this.#repository
    const pickle = [...offered].find((file) => PICKLE_FILE.test(file))
    if (pickle !== undefined) throw pickled(`${name} holds its weights as a pickle file (${pickle})`)
    throw unreadable(`${name} holds no weights as safetensors`)
  }

  async #fetchAll(commit: string, files: readonly string[]): Promise<void> {
    const described: (RemoteFile & { file: string })[] = []
    for (const file of files) {
      described.push({ file, ...(await this.#client.describe(this.#repository, commit, file)) })
    }
    const sizes = await Promise.all(described.map(({ etag }) => this.#bytesOf(etag)))
    this.#bytes += sizes.reduce((total, { bytes }) => total + bytes, 0)
    this.#totalBytes += described.reduce((total, { bytes }) => total + bytes, 0)
    await this.#makeSureOfSpace()
    for (const [index, { file, etag, bytes }] of described.entries()) {
      if (!sizes[index]!.whole) await this.#fetch(commit, file, { etag, bytes })
      await this.#cached.link(commit, file, etag)
    }
  }

  /** How many bytes of a file's content have been downloaded. */
  async #bytesOf(etag: string): Promise<{ bytes: number; whole: boolean }> {
    const blob = this.#cached.blob(etag)
    if (await exists(blob)) return { bytes: (await stat(blob)).size, whole: true }
    return { bytes: await sizeOf(incomplete(blob)), whole: false }
  }

  async #makeSureOfSpace(): Promise<void> {
    await mkdir(this.#cached.directory, { recursive: true })
    const { bavail, bsize } = await statfs(this.#cached.directory)
    const missing = this.#totalBytes - this.#bytes
    if (missing <= bavail * bsize) return
    throw new InputError(
      `${this.#repository.name} takes ${formatBytes(missing)} more, and ${this.#options.cacheDirectory} has ${formatBytes(bavail * bsize)}.`,
      { code: 'NO_SPACE', suggestions: ['set HF_HOME to a folder on a larger disk'] },
    )
  }

  async #fetch(commit: string, file: string, remote: RemoteFile): Promise<void> {
    const blob = this.#cached.blob(remote.etag)
    const partial = incomplete(blob)
    await mkdir(dirname(blob), { recursive: true })
    for (let breaks = 0; (await sizeOf(partial)) < remote.bytes; ) {
      const before = await sizeOf(partial)
      try {
        await this.#append(partial, { commit, file, start: before })
      } catch (error) {
        this.#options.signal?.throwIfAborted()
        if (error instanceof ReversalError || hasErrorCode(error, 'ENOSPC')) throw error
      }
      if ((await sizeOf(partial)) >= remote.bytes) break
      breaks = (await sizeOf(partial)) > before ? 0 : breaks + 1
      if (breaks === BREAKS) {
        throw new ReversalError(`The connection keeps breaking: ${file} could not be fetched.`, {
          code: 'HUB_FAILED',
          suggestions: ['continue later: what was downloaded is kept'],
        })
      }
      await wait((this.#options.backoffMs ?? 1000) * 2 ** breaks, this.#options.signal)
    }
    await this.#verify(partial, file, remote)
    await rename(partial, blob)
  }

  async #append(partial: string, place: { commit: string; file: string; start: number }): Promise<void> {
    const { from, body } = await this.#client.open(this.#repository, place)
    if (from < place.start) this.#bytes -= place.start
    await using target = await open(partial, from > 0 ? 'a' : 'w')
    for await (const chunk of body) {
      this.#options.signal?.throwIfAborted()
      await namingFile(partial, () => target.appendFile(chunk))
      this.#bytes += chunk.length
      this.#options.onProgress?.({ file: place.file, bytes: this.#bytes, totalBytes: this.#totalBytes })
    }
    await target.sync()
  }

  /** A large file is named by its SHA-256, a small one as git names it. */
  async #verify(partial: string, file: string, { etag, bytes }: RemoteFile): Promise<void> {
    const hash = etag.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`)
    for await (const chunk of createReadStream(partial)) hash.update(chunk as Buffer)
    if (hash.digest('hex') === etag) return
    await rm(partial, { force: true })
    throw new ReversalError(`${file} of ${this.#repository.name} arrived damaged: its hash is not ${etag}.`, {
      code: 'HUB_FAILED',
      suggestions: ['fetch it again'],
    })
  }
}

function incomplete(blob: string): string {
  return `${blob}.incomplete`
}

async function sizeOf(path: string): Promise<number> {
  return (await exists(path)) ? (await stat(path)).size : 0
}
