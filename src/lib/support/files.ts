import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { hasErrorCode, InputError, namingFile } from './errors.ts'
import { acquireLock, isLocked } from './lock.ts'

/**
 * Writes a file completely or not at all: a reader never sees a part of it, even after a crash. Creates the folder.
 * (write-file-atomic 8 does not notice a short write, so a full disk leaves a cut-off file.)
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`
  try {
    await namingFile(path, () => writeDurably(temporary, content))
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeDurably(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  await using file = await openNew(path)
  await file.writeFile(content)
  await file.sync()
}

/** Creates the folder, too, and again if another process removes it while it is still empty. */
async function openNew(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true })
  try {
    return await open(path, 'wx')
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error
    await mkdir(dirname(path), { recursive: true })
    return open(path, 'wx')
  }
}

/** Writes a value as indented JSON, atomically. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}

/** True if anything exists at the path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return false
    throw error
  }
}

/** Throws InputError OUTPUT_EXISTS if anything exists at a path that is to be written. */
export async function refuseExisting(path: string): Promise<void> {
  if (!(await exists(path))) return
  throw new InputError(`${path} already exists.`, {
    code: 'OUTPUT_EXISTS',
    suggestions: ['replace it: --overwrite'],
  })
}

/** The file's text; undefined if the file does not exist. */
export async function readTextIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The text of a file that the user named. Throws InputError if it does not exist or is not UTF-8 text. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT'))
      throw new InputError(`There is no file ${path}.`, { code: 'FILE_NOT_FOUND' })
    if (hasErrorCode(error, 'EISDIR'))
      throw new InputError(`${path} is a directory, not a file.`, { code: 'NOT_A_FILE' })
    if (hasErrorCode(error, 'ERR_ENCODING_INVALID_ENCODED_DATA'))
      throw new InputError(`${path} is not UTF-8 text.`, { code: 'NOT_TEXT' })
    throw error
  }
}

/** Names of the folders, and links to folders, in a folder; empty if the folder does not exist. */
export async function directoryNames(path: string): Promise<string[]> {
  if (!(await exists(path))) return []
  const entries = await readdir(path, { withFileTypes: true })
  const directories = await Promise.all(
    entries.map((entry) =>
      entry.isSymbolicLink() ? isDirectory(join(path, entry.name)) : entry.isDirectory(),
    ),
  )
  return entries.filter((_, index) => directories[index]).map(({ name }) => name)
}

/** True for a folder, or a link to one. */
export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
}

/** Starts a SHA-256. Loading node:crypto takes 4 ms, which commands that hash nothing should not spend. */
export function startSha256(): Hash {
  return process.getBuiltinModule('node:crypto').createHash('sha256')
}

/** SHA-256 of a text or of bytes, in hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return startSha256().update(content).digest('hex')
}

/** SHA-256 of a file, in hexadecimal, read as a stream. */
export async function sha256File(path: string): Promise<string> {
  const hash = startSha256()
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Number of lines in a file, read as a stream; a last line without a line break counts. */
export async function countLines(path: string): Promise<number> {
  let lines = 0
  let last = NEWLINE
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (const byte of chunk) if (byte === NEWLINE) lines++
    last = chunk.at(-1) ?? last
  }
  return last === NEWLINE ? lines : lines + 1
}

/**
 * Writes a directory completely or not at all: `fill` writes into a temporary sibling, which then replaces `directory`.
 * An existing directory is replaced only after `fill` has succeeded; if `directory` is a link, the link stays. Also
 * removes what killed processes left beside it.
 */
export async function writeDirectoryAtomic(
  directory: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const place = (await exists(directory)) ? await realpath(directory) : directory
  const parent = dirname(place)
  await sweepTemporaries(parent)
  const temporary = join(parent, `.${basename(place)}.${crypto.randomUUID()}.tmp`)
  const retired = `${temporary}.old`
  await using _lock = await acquireLock(`${temporary}.lock`)
  await mkdir(temporary)
  try {
    await fill(temporary)
    if (await exists(place)) await rename(place, retired)
    await rename(temporary, place)
  } finally {
    await rm(temporary, { recursive: true, force: true })
    await rm(retired, { recursive: true, force: true })
  }
}

const TEMPORARY = /^\.(?<name>.+)\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\.tmp/

/**
 * Cleans a folder after processes that were killed while they wrote directories in it: removes their temporary
 * directories and puts back any that they had moved away to replace. Those of living processes are locked and stay.
 */
export async function sweepTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const writers = Map.groupBy(names, (name) => TEMPORARY.exec(name)?.[0])
  for (const [temporary, own] of writers) {
    // An unwritable folder, or one that another process is cleaning, is not an error.
    if (temporary !== undefined) await sweepWriter(folder, temporary, own).catch(() => {})
  }
}

async function sweepWriter(folder: string, temporary: string, names: readonly string[]): Promise<void> {
  if (await isLocked(join(folder, `${temporary}.lock`))) return
  const place = join(folder, TEMPORARY.exec(temporary)!.groups!.name!)
  const retired = `${temporary}.old`
  if (names.includes(retired) && !(await exists(place))) await rename(join(folder, retired), place)
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
}

const NEWLINE = 0x0a
const BLOCK_BYTES = 1 << 16

/** Removes an unfinished last line, left by a killed process, so that the next line is not appended to it. */
export async function dropUnfinishedLine(path: string): Promise<void> {
  if (await exists(path)) await namingFile(path, () => cutUnfinishedLine(path))
}

async function cutUnfinishedLine(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  const { size } = await file.stat()
  const block = Buffer.alloc(BLOCK_BYTES)
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - BLOCK_BYTES)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const newline = block.subarray(0, bytesRead).lastIndexOf(NEWLINE)
    end = start + newline + 1
    if (newline >= 0) break
  }
  if (end < size) await file.truncate(end)
}

/** Appends lines to a journal, after removing an unfinished one, and flushes them to disk. */
export async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  await dropUnfinishedLine(path)
  await namingFile(path, async () => {
    await using file = await open(path, 'a')
    await file.appendFile(lines.map((line) => `${line}\n`).join(''))
    await file.datasync()
  })
}
