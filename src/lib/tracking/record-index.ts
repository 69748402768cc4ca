import type { BigIntStats, Dirent } from 'node:fs'
import { statSync } from 'node:fs'
import { open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hasErrorCode } from '../support/errors.ts'
import { writeAtomic } from '../support/files.ts'
import { hashText } from '../support/hash-text.ts'
import type { Check } from '../support/jsonl.ts'
import { readRecord } from '../support/record.ts'

export interface RecordIndexOptions {
  /** Path of the index. Its folder exists and is on the same file system as the records. */
  file: string
  /** Folder of folders that hold the records. */
  root: string
  /** What the records were checked with, such as their schemas; an index of another version is ignored. */
  version: string
}

interface Entry {
  /** Distinguishes a file from its later versions. */
  signature: string
  /** JSON in one line. */
  text: string
}

/**
 * A file may change twice within one tick of its clock, and the second change then leaves no trace. The coarsest file
 * system clock ticks every two seconds, so a file that was younger than that when it was read is read again.
 */
const TICK_NS = 2_000_000_000n
/** Age from which a temporary file counts as left by a killed process. */
const TEMPORARY_AGE_MS = 60_000

/**
 * Records of JSON files as they were last read, so that a long list opens none of them. A record is used as long as its
 * file has the same device, inode, size and times, one of which is the change time, which no program can set. An index
 * that is damaged, foreign or not writable makes a list slower but never wrong.
 */
export class RecordIndex {
  readonly #options: RecordIndexOptions
  readonly #entries: Map<string, Entry>
  #isChanged = false
  #clock: Promise<bigint | undefined> | undefined

  private constructor(options: RecordIndexOptions, entries: Map<string, Entry>) {
    this.#options = options
    this.#entries = entries
  }

  static async open(options: RecordIndexOptions): Promise<RecordIndex> {
    const text = await readFile(options.file, 'utf8').catch(() => '')
    return new RecordIndex(options, parseEntries(text, options.version))
  }

  /** Like readRecord, but the value belongs to the caller; synchronous if the file is unchanged. */
  read<T>(path: string, check: Check): T | undefined | Promise<T | undefined> {
    return this.#take(path, () => readRecord<T>(path, check))
  }

  /** Names in a folder of folders and of links that may lead to folders; empty if the folder does not exist. */
  folderNames(path: string): string[] | Promise<string[]> {
    const names = this.#take(path, async () => {
      const entries = await readdir(path, { withFileTypes: true }).catch(goneIsEmpty)
      return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name)
    })
    return names ?? []
  }

  /** Saves what was read since, and what was known before of folders that still exist. */
  async save(folders: readonly string[]): Promise<void> {
    const present = new Set(folders)
    for (const key of this.#entries.keys()) {
      if (present.has(key.slice(0, key.indexOf('/')))) continue
      this.#entries.delete(key)
      this.#isChanged = true
    }
    this.#clock = undefined
    if (!this.#isChanged) return
    this.#isChanged = false
    const { file, version } = this.#options
    // It only saves time, so a failure is ignored.
    await writeAtomic(file, renderEntries(this.#entries, version)).catch(() => {})
    await sweepTemporaries(file).catch(() => {})
  }

  #take<T>(path: string, read: () => Promise<T>): T | undefined | Promise<T> {
    const key = path.slice(this.#options.root.length + 1).replaceAll('\\', '/')
    const stats = lookAt(path)
    if (stats === undefined) return undefined
    const signature = signatureOf(stats)
    const known = this.#entries.get(key)
    if (known?.signature === signature) return JSON.parse(known.text) as T
    return this.#readAnew(key, stats, read)
  }

  async #readAnew<T>(key: string, stats: BigIntStats, read: () => Promise<T>): Promise<T> {
    this.#clock ??= readClock(this.#options.file)
    const clock = await this.#clock
    const value = await read()
    if (value === undefined || clock === undefined || !isSettled(stats, clock) || /[\t\n]/.test(key))
      return value
    this.#entries.set(key, { signature: signatureOf(stats), text: JSON.stringify(value) })
    this.#isChanged = true
    return value
  }
}

/**
 * Undefined if nothing exists there. A thousand of these calls take 5 ms; with a promise each they would take 50 ms.
 */
function lookAt(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })
}

function signatureOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
}

/** Whether every change after `clock` would leave a mark on the file. */
function isSettled({ mtimeNs, ctimeNs }: BigIntStats, clock: bigint): boolean {
  const last = mtimeNs > ctimeNs ? mtimeNs : ctimeNs
  return last + TICK_NS < clock
}

/** The time by the file system's clock, which may be another machine's; undefined if no file can be written. */
async function readClock(file: string): Promise<bigint | undefined> {
  const probe = `${file}.${crypto.randomUUID()}.tmp`
  try {
    await using handle = await open(probe, 'wx')
    return (await handle.stat({ bigint: true })).mtimeNs
  } catch {
    return undefined
  } finally {
    await rm(probe, { force: true }).catch(() => {})
  }
}

/** A line that vouches for the rest, then one for each entry. */
function renderEntries(entries: ReadonlyMap<string, Entry>, version: string): string {
  const lines = [...entries].map(([key, { signature, text }]) => `${key}\t${signature}\t${text}\n`)
  const body = lines.join('')
  return `${headOf(body, version)}\n${body}`
}

function parseEntries(text: string, version: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  const end = text.indexOf('\n')
  const body = text.slice(end + 1)
  if (text.slice(0, end) !== headOf(body, version)) return entries
  for (const line of body.split('\n')) {
    const first = line.indexOf('\t')
    const second = line.indexOf('\t', first + 1)
    if (second < 0) continue
    const entry = { signature: line.slice(first + 1, second), text: line.slice(second + 1) }
    entries.set(line.slice(0, first), entry)
  }
  return entries
}

function headOf(body: string, version: string): string {
  return [version, body].map((text) => hashText(text).toString(16).padStart(14, '0')).join(' ')
}

/** A folder may be removed after it was listed. */
function goneIsEmpty(error: unknown): Dirent[] {
  if (hasErrorCode(error, 'ENOENT')) return []
  throw error
}

async function sweepTemporaries(file: string): Promise<void> {
  const folder = dirname(file)
  const start = `${basename(file)}.`
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start) || !name.endsWith('.tmp')) continue
    const path = join(folder, name)
    if (Date.now() - (await stat(path)).mtimeMs > TEMPORARY_AGE_MS) await rm(path, { force: true })
  }
}
