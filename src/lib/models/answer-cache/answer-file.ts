import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { hasErrorCode, namingFile } from '../../support/errors.ts'
import { SharedHandle } from '../../support/shared-handle.ts'
import type { CachedAnswer } from './answer-line.ts'
import { LONGEST_LINE_BYTES, questionOfLine, readAnswerLine } from './answer-line.ts'

const NEWLINE = 0x0a
/** Enough for most lines. */
const FIRST_READ_BYTES = 1 << 11
/** So many digits of a question fit into a number exactly. */
const PLACE_DIGITS = 13

/**
 * A file of answers that processes append to while others read it. Only the places of its lines are in memory; each
 * line is checked when it is read, and one that is damaged, cut off or of another kind is ignored.
 */
export class AnswerFile {
  readonly path: string
  /**
   * Start of the line of each question. Of two questions whose hashes start with the same digits, only the later one is
   * found.
   */
  readonly #places = new Map<number, number>()
  #handle: SharedHandle
  #identity = ''
  /** End of the part that was scanned. */
  #end = 0

  constructor(path: string) {
    this.path = path
    this.#handle = new SharedHandle(path)
  }

  /** Scans what was appended since the last time, or the whole file if it was replaced. */
  async look(): Promise<void> {
    const file = await openIfExists(this.path)
    if (file === undefined) return this.#begin('')
    await using _file = file
    await namingFile(this.path, async () => {
      const { dev, ino, birthtimeNs, size } = await file.stat({ bigint: true })
      const identity = `${dev} ${ino} ${birthtimeNs}`
      if (identity !== this.#identity || size < this.#end) this.#begin(identity)
      if (size === BigInt(this.#end)) return
      this.#end = await scanLines(file, this.#end, (line, start) => {
        const question = questionOfLine(line)
        if (question !== undefined) this.#places.set(placeOf(question), start)
      })
    })
  }

  /** The answer to a question, as of the last look. */
  async find(question: string): Promise<CachedAnswer | undefined> {
    const start = this.#places.get(placeOf(question))
    if (start === undefined) return undefined
    try {
      const line = await this.#handle.use((file) => readLine(file, start))
      const entry = line && readAnswerLine(line)
      return entry?.question === question ? entry : undefined
    } catch (error) {
      // Another process may have cleared the cache.
      if (hasErrorCode(error, 'ENOENT')) return undefined
      throw error
    }
  }

  /** All answers that are whole, the oldest first. */
  async readAll(onAnswer: (entry: CachedAnswer) => void): Promise<void> {
    const file = await openIfExists(this.path)
    if (file === undefined) return
    await using _file = file
    await namingFile(this.path, () =>
      scanLines(file, 0, (line) => {
        const entry = readAnswerLine(line)
        if (entry !== undefined) onAnswer(entry)
      }),
    )
  }

  #begin(identity: string): void {
    this.#places.clear()
    this.#handle = new SharedHandle(this.path)
    this.#identity = identity
    this.#end = 0
  }
}

function placeOf(question: string): number {
  return Number.parseInt(question.slice(0, PLACE_DIGITS), 16)
}

async function openIfExists(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Calls back with each complete line from a position on, and returns where the first unfinished one starts. */
async function scanLines(
  file: FileHandle,
  from: number,
  onLine: (line: Buffer, start: number) => void,
): Promise<number> {
  const { size } = await file.stat()
  const block = Buffer.allocUnsafe(Math.min(LONGEST_LINE_BYTES, Math.max(0, size - from)))
  for (let at = from; ; ) {
    const { bytesRead } = await file.read(block, 0, block.length, at)
    const bytes = block.subarray(0, bytesRead)
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      onLine(bytes.subarray(start, end), at + start)
      start = end + 1
    }
    if (bytesRead === 0 || bytesRead < block.length) return at + start
    // A line that fills the block is not ours; neither is its rest, which fails its checksum.
    at += start > 0 ? start : bytesRead
  }
}

async function readLine(file: FileHandle, start: number): Promise<Buffer | undefined> {
  for (let length = FIRST_READ_BYTES; length <= LONGEST_LINE_BYTES; length *= 2) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, start)
    const end = buffer.subarray(0, bytesRead).indexOf(NEWLINE)
    if (end >= 0) return buffer.subarray(0, end)
    if (bytesRead < length) return undefined
  }
  return undefined
}
