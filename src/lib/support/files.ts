import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { hasErrorCode, InputError, namingFile } from './errors.ts'

/**
 * Write a whole file or nothing of it: a reader never sees a part, also after a crash. Makes the folder.
 * (write-file-atomic 8 takes a short write for a whole one, so that a full disk leaves a cut-off file.)
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  await mkdir(dirname(path), { recursive: true })
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
  await using file = await open(path, 'wx')
  await file.writeFile(content)
  await file.sync()
}

/** Write a value as indented JSON, atomically. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}

/** True when something lies at the path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT') || hasErrorCode(error, 'ENOTDIR')) return false
    throw error
  }
}

/** Throws InputError OUTPUT_EXISTS where something lies at a path that is to be written. */
export async function refuseExisting(path: string): Promise<void> {
  if (!(await exists(path))) return
  throw new InputError(`${path} is there already.`, {
    code: 'OUTPUT_EXISTS',
    suggestions: ['replace it: --overwrite'],
  })
}

/** The file's text, or undefined where there is no such file. */
export async function readTextIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The text of a file that a user names. Throws InputError where it is not there or no UTF-8 text. */
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

/** The names of the folders in a folder; none where there is no such folder. */
export async function directoryNames(path: string): Promise<string[]> {
  if (!(await exists(path))) return []
  const entries = await readdir(path, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

/** SHA-256 of a text or of bytes, in hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** SHA-256 of a file, in hexadecimal, read as a stream. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/**
 * Make a directory as a whole or not at all: `fill` writes into a temporary sibling, which then takes
 * the place of `directory`. An existing directory is replaced only after `fill` has succeeded.
 */
export async function writeDirectoryAtomic(
  directory: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(directory)
  const temporary = join(parent, `.${basename(directory)}.${randomUUID()}.tmp`)
  const retired = `${temporary}.old`
  await mkdir(temporary, { recursive: true })
  try {
    await fill(temporary)
    if (await exists(directory)) await rename(directory, retired)
    await rename(temporary, directory)
  } finally {
    await rm(temporary, { recursive: true, force: true })
    await rm(retired, { recursive: true, force: true })
  }
}

const NEWLINE = 0x0a
const BLOCK_BYTES = 1 << 16

/** Cut off a last line that its writer was killed in, which the next line would else be joined to. */
export async function dropUnfinishedLine(path: string): Promise<void> {
  if (!(await exists(path))) return
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

/** Append whole lines to a journal, after cutting off an unfinished one, and flush them to the disk. */
export async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  await dropUnfinishedLine(path)
  await using file = await open(path, 'a')
  await namingFile(path, async () => {
    await file.appendFile(lines.map((line) => `${line}\n`).join(''))
    await file.datasync()
  })
}
