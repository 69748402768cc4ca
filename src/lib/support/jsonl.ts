import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { hasErrorCode, InputError, namingFile } from './errors.ts'
import { startSha256 } from './files.ts'
import { pythonJson } from './python-json.ts'

/** Says what is wrong with a value, as a fragment such as `"prompt" must be a string`; undefined if nothing is. */
export type Check = (value: unknown) => string | undefined

/** A line that cannot be used, or a file that cannot be read to its end. */
export interface JsonlProblem {
  /** 1 for the first line. */
  line: number
  message: string
}

export interface ReadJsonlOptions {
  check: Check
  /** Called for each bad line, which is then skipped. Without it, the first bad line throws an InputError. */
  onProblem?: (problem: JsonlProblem) => void
  /** Accept a file without lines. */
  allowEmpty?: boolean
  /** Skip a last line that is cut off: the process that wrote the journal may have been killed. */
  journal?: boolean
}

const NEWLINE = 0x0a
const CHUNK_BYTES = 1 << 18
const LONGEST_LINE_BYTES = 1 << 24

/**
 * The records of a JSON Lines file in batches, each checked. Streams: memory does not grow with the file. Blank lines
 * are allowed only at its end. Throws InputError with file and line for text that is not UTF-8, not JSON or refused by
 * `check`.
 */
export async function* readJsonlBatches<T>(path: string, options: ReadJsonlOptions): AsyncGenerator<T[]> {
  const { check, onProblem, allowEmpty = false, journal = false } = options
  const report = onProblem ?? ((problem: JsonlProblem) => throwProblem(path, problem))
  const parser = new LineParser<T>(check, report)
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of createReadStream(path, {
      highWaterMark: CHUNK_BYTES,
    }) as AsyncIterable<Buffer>) {
      const block = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const end = block.lastIndexOf(NEWLINE)
      rest = block.subarray(end + 1)
      if (rest.length > LONGEST_LINE_BYTES) {
        throwProblem(path, { line: parser.lines + 1, message: `is longer than ${LONGEST_LINE_BYTES} bytes` })
      }
      if (end < 0) continue
      const batch = parser.parse(block.subarray(0, end))
      if (batch.length > 0) yield batch
    }
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT'))
      throw new InputError(`There is no file ${path}.`, { code: 'FILE_NOT_FOUND' })
    if (hasErrorCode(error, 'EISDIR'))
      throw new InputError(`${path} is a directory, not a file.`, { code: 'NOT_A_FILE' })
    throw error
  }
  if (rest.length > 0 && !journal) {
    const batch = parser.parse(rest)
    if (batch.length > 0) yield batch
  }
  if (parser.records === 0 && !allowEmpty) report({ line: 1, message: 'is missing: the file is empty' })
}

/** Parses the lines of one file, block by block. */
class LineParser<T> {
  readonly #check: Check
  readonly #report: (problem: JsonlProblem) => void
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  /** Blank lines since the last record: a problem only if another record follows. */
  #blank: number[] = []
  /** Lines so far. */
  lines = 0
  /** Lines so far that are not blank. */
  records = 0

  constructor(check: Check, report: (problem: JsonlProblem) => void) {
    this.#check = check
    this.#report = report
  }

  /** The valid records in a block of whole lines, without the line break at its end. */
  parse(block: Uint8Array): T[] {
    const batch: T[] = []
    let text: string
    try {
      text = this.#decoder.decode(block)
    } catch {
      this.#report({ line: this.lines + 1 + countBadPrefix(block), message: 'is not UTF-8 text' })
      this.lines += countLines(block)
      return batch
    }
    for (const part of text.split('\n')) {
      const line = ++this.lines
      if (part.trim() === '') {
        this.#blank.push(line)
        continue
      }
      for (const empty of this.#blank) this.#report({ line: empty, message: 'is empty' })
      this.#blank = []
      this.records++
      const { record, problem } = parseLine<T>(part, this.#check)
      if (problem === undefined) batch.push(record)
      else this.#report({ line, message: problem })
    }
    return batch
  }
}

/**
 * Reads a file that grows: the records after its first `from` bytes, and how many bytes have now been read. A last line
 * without its end is left for the next call, as it may still be being written. A file that is shorter than `from` is
 * read from its start, and a missing one has no records. Throws InputError as `readJsonl` does.
 */
export async function readJsonlFrom<T>(
  path: string,
  { from, check }: { from: number; check: Check },
): Promise<{ records: T[]; bytes: number }> {
  const size = await sizeOf(path)
  const start = size < from ? 0 : from
  if (size === start) return { records: [], bytes: start }
  await using file = await open(path)
  const buffer = Buffer.alloc(size - start)
  const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
  const text = buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1)
  const records: T[] = []
  for (const line of text.toString('utf8').split('\n')) {
    if (line.trim() === '') continue
    const { record, problem } = parseLine<T>(line, check)
    if (problem !== undefined)
      throw new InputError(`${path} has a line that ${problem}.`, { code: 'BAD_JSONL' })
    records.push(record)
  }
  return { records, bytes: start + text.length }
}

type ParsedLine<T> = { record: T; problem?: undefined } | { record?: undefined; problem: string }

/** The record of a line, or what is wrong with it, as a predicate such as `is not a whole JSON value`. */
function parseLine<T>(line: string, check: Check): ParsedLine<T> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { problem: 'is not a whole JSON value' }
  }
  const fault = check(value)
  return fault === undefined ? { record: value as T } : { problem: `is invalid: ${fault}` }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return 0
    throw error
  }
}

/** All records of a JSON Lines file that fits into memory. */
export async function readJsonl<T>(path: string, options: ReadJsonlOptions): Promise<T[]> {
  const records: T[] = []
  for await (const batch of readJsonlBatches<T>(path, options)) {
    for (const record of batch) records.push(record)
  }
  return records
}

/** Size and checksum of a written file. */
export interface WrittenFile {
  lines: number
  /** In hexadecimal. */
  sha256: string
}

/** Writes records as Python's `json.dumps` would, one per line; the file appears completely or not at all. */
export async function writeJsonl(path: string, records: Iterable<unknown>): Promise<WrittenFile> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  const stream = createWriteStream(temporary)
  const done = namingFile(path, () => finished(stream))
  done.catch(() => {})
  const hash = startSha256()
  let lines = 0
  try {
    for (const block of blocksOf(records)) {
      lines += block.lines
      hash.update(block.text)
      if (!stream.write(block.text)) await Promise.race([namingFile(path, () => once(stream, 'drain')), done])
    }
    stream.end()
    await done
    await rename(temporary, path)
  } catch (error) {
    stream.destroy()
    await rm(temporary, { force: true })
    throw error
  }
  return { lines, sha256: hash.digest('hex') }
}

/** Lines joined into blocks: a write for each line would take longer than making the line. */
function* blocksOf(records: Iterable<unknown>): Generator<{ text: string; lines: number }> {
  let text = ''
  let lines = 0
  let last: unknown
  let line = ''
  for (const record of records) {
    // A data set repeats a record in a row, so its line is made only once.
    if (record !== last || lines === 0) line = `${pythonJson(record)}\n`
    last = record
    text += line
    lines++
    if (text.length < CHUNK_BYTES) continue
    yield { text, lines }
    text = ''
    lines = 0
  }
  if (lines > 0) yield { text, lines }
}

function throwProblem(path: string, { line, message }: JsonlProblem): never {
  throw new InputError(`${path}:${line} ${message}.`, { code: 'BAD_JSONL' })
}

function countLines(bytes: Uint8Array): number {
  let lines = 1
  for (const byte of bytes) if (byte === NEWLINE) lines++
  return lines
}

/** Lines before the first that is not UTF-8. */
function countBadPrefix(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let start = 0
  for (let lines = 0; ; lines++) {
    const end = bytes.indexOf(NEWLINE, start)
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end))
    } catch {
      return lines
    }
    if (end < 0) return lines
    start = end + 1
  }
}
