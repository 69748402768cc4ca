/** Reads the GGUF file format, versions 2 and 3 (ggml's docs/gguf.md). */
import type { FileHandle } from 'node:fs/promises'
import { readBytes } from '../../safetensors.ts'
import { FormatError } from '../failures.ts'

export type GgufMetadata = ReadonlyMap<string, unknown>

/** Place of a tensor in its file. */
export interface GgufTensor {
  /** ggml's number of its element type. */
  type: number
  /** Outermost dimension first. */
  shape: number[]
  /** Position of its first byte in the file. */
  start: number
}

export interface GgufHeader {
  metadata: GgufMetadata
  tensors: ReadonlyMap<string, GgufTensor>
  /** Bytes of the whole file. */
  size: number
}

const TYPE = { string: 8, array: 9 } as const
const DEFAULT_ALIGNMENT = 32
/** A header is read in pieces of this size; one with a large vocabulary takes about 10 MB. */
const PIECE = 1 << 24
/** Longer texts and lists than any model has; a damaged file asks for more. */
const LONGEST = 1 << 24

/** Metadata and tensors of a file. Throws FormatError if it is not a GGUF file or is cut off. */
export async function readGgufHeader(file: FileHandle): Promise<GgufHeader> {
  const { size } = await file.stat()
  for (let piece = PIECE; ; piece *= 4) {
    const bytes = await readBytes(file, 0, Math.min(piece, size))
    try {
      return { ...parse(bytes), size }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      if (bytes.length === size) throw new FormatError('its header is cut off')
    }
  }
}

function parse(bytes: Uint8Array<ArrayBuffer>): Omit<GgufHeader, 'size'> {
  const cursor = new Cursor(bytes)
  if (cursor.magic() !== 'GGUF') throw new FormatError('it is no GGUF file')
  const version = cursor.uint32()
  if (version !== 2 && version !== 3)
    throw new FormatError(`its version is ${version}, and the engine reads 2 and 3`)
  const tensorCount = cursor.length()
  const entryCount = cursor.length()
  const metadata = new Map<string, unknown>()
  for (let i = 0; i < entryCount; i++) metadata.set(cursor.text(), cursor.value(cursor.uint32()))
  const found: (readonly [string, GgufTensor])[] = []
  for (let i = 0; i < tensorCount; i++) {
    const name = cursor.text()
    const shape = Array.from({ length: cursor.uint32() }, () =>
      cursor.length(Number.MAX_SAFE_INTEGER),
    ).toReversed()
    found.push([name, { type: cursor.uint32(), shape, start: cursor.length(Number.MAX_SAFE_INTEGER) }])
  }
  const alignment = (metadata.get('general.alignment') as number | undefined) ?? DEFAULT_ALIGNMENT
  const data = Math.ceil(cursor.position / alignment) * alignment
  return {
    metadata,
    tensors: new Map(found.map(([name, tensor]) => [name, { ...tensor, start: data + tensor.start }])),
  }
}

/** Reads values one after the other. A DataView throws RangeError past the end. */
class Cursor {
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  position = 0

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }

  magic(): string {
    return this.#text(4)
  }

  uint32(): number {
    return this.#view.getUint32(this.#step(4), true)
  }

  /** A 64-bit number of things. */
  length(limit = LONGEST): number {
    const value = Number(this.#view.getBigUint64(this.#step(8), true))
    if (value > limit) throw new FormatError('its header is damaged')
    return value
  }

  text(): string {
    return this.#text(this.length())
  }

  value(type: number): unknown {
    if (type === TYPE.string) return this.text()
    if (type === TYPE.array) {
      const itemType = this.uint32()
      return Array.from({ length: this.length() }, () => this.value(itemType))
    }
    const scalar = SCALARS[type]
    if (scalar === undefined) throw new FormatError('its header is damaged')
    return scalar.read(this.#view, this.#step(scalar.bytes))
  }

  #text(length: number): string {
    const start = this.#step(length)
    if (this.position > this.#bytes.length) throw new RangeError('past the end')
    return Buffer.from(this.#bytes.buffer, start, length).toString('utf8')
  }

  #step(bytes: number): number {
    const before = this.position
    this.position += bytes
    return before
  }
}

const SCALARS: Record<number, { bytes: number; read(view: DataView, at: number): number | boolean }> = {
  0: { bytes: 1, read: (view, at) => view.getUint8(at) },
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  7: { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  10: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  11: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  12: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
}
