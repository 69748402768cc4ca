/** The safetensors file format (huggingface.co/docs/safetensors): a JSON header, then the arrays' bytes. */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { endianness } from 'node:os'
import { ReversalError } from '../support/errors.ts'
import { writeAtomic } from '../support/files.ts'
import type { Arrays } from './weights.ts'
import { elements } from './weights.ts'

export interface Safetensors {
  arrays: Arrays
  metadata: Record<string, string>
  /** SHA-256 of the arrays' bytes; the file holds it under this name among its metadata. */
  checksum: string
}

/** Place of an array in its file. */
export interface StoredArray {
  /** Such as `F32` or `BF16`. */
  dtype: string
  shape: number[]
  /** Positions of its first byte and of the one after its last. */
  start: number
  end: number
}

export interface SafetensorsHeader {
  /** By name, in the order of the file. */
  arrays: Map<string, StoredArray>
  metadata: Record<string, string>
}

const LENGTH_BYTES = 8
/** The format's own limit. */
const LONGEST_HEADER = 100_000_000
const ELEMENT_BYTES: Record<string, number> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E4M3: 1, F8_E5M2: 1, U16: 2, I16: 2, F16: 2, BF16: 2 },
  ...{ U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
}

/**
 * Writes float32 arrays with text metadata, atomically; returns the checksum of the arrays' bytes. Arrays are not
 * copied: a checkpoint of a large model needs no extra memory.
 */
export async function writeSafetensors(
  path: string,
  arrays: Arrays,
  metadata: Record<string, string>,
): Promise<string> {
  let end = 0
  const hash = createHash('sha256')
  const entries = [...arrays].map(([name, { shape, data }]) => {
    const start = end
    end += data.byteLength
    hash.update(bytesOf(data))
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }] as const
  })
  const checksum = hash.digest('hex')
  const json = JSON.stringify({ __metadata__: { ...metadata, checksum }, ...Object.fromEntries(entries) })
  // The header is padded with spaces, so that the arrays start at a valid offset for a Float32Array.
  const header = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeBigUInt64LE(BigInt(header.length))
  await writeAtomic(path, [length, header, ...Array.from(arrays.values(), ({ data }) => bytesOf(data))])
  return checksum
}

/** Reads a file of `writeSafetensors`. Throws ReversalError FILE_CORRUPT if it is incomplete. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  await using file = await open(path)
  try {
    return await readChecked(file)
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) throw cause
    const reason = cause instanceof RangeError ? cause.message : 'its header is invalid'
    throw new ReversalError(`${path} is damaged: ${reason}.`, { code: 'FILE_CORRUPT', cause })
  }
}

async function readChecked(file: FileHandle): Promise<Safetensors> {
  const { arrays: stored, metadata: all } = await readSafetensorsHeader(file)
  const { checksum, ...metadata } = all
  const hash = createHash('sha256')
  const arrays: Arrays = new Map()
  for (const [name, { shape, start, end }] of stored) {
    const bytes = await readBytes(file, start, end)
    hash.update(bytes)
    arrays.set(name, { shape, data: new Float32Array(bytes.buffer) })
  }
  if (checksum === undefined || hash.digest('hex') !== checksum) {
    throw new RangeError('its checksum does not match')
  }
  return { arrays, metadata, checksum }
}

/** The contents of a file. Throws RangeError that says what is wrong, SyntaxError if its header is not JSON. */
export async function readSafetensorsHeader(file: FileHandle): Promise<SafetensorsHeader> {
  const { size } = await file.stat()
  if (size < LENGTH_BYTES) throw new RangeError('its header is cut off')
  const { buffer } = await readBytes(file, 0, LENGTH_BYTES)
  const length = Number(new DataView(buffer).getBigUint64(0, true))
  const first = LENGTH_BYTES + length
  if (length > LONGEST_HEADER || first > size) throw new RangeError('its header is cut off')
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(
    new TextDecoder().decode(await readBytes(file, LENGTH_BYTES, first)),
  ) as Record<string, never>
  const arrays = Object.entries(
    entries as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>,
  )
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        return [name, { dtype, shape, start: first + start, end: first + end }] as const
      },
    )
    .sort(([, a], [, b]) => a.start - b.start || a.end - b.end)
  assertWhole(arrays, first, size)
  return { arrays: new Map(arrays), metadata }
}

/** Checks that each array starts where the previous one ends, has the length of its shape, and is within the file. */
function assertWhole(arrays: readonly (readonly [string, StoredArray])[], first: number, size: number): void {
  let last = first
  for (const [name, { dtype, shape, start, end }] of arrays) {
    const width = ELEMENT_BYTES[dtype]
    if (width !== undefined && end - start !== elements(shape) * width) {
      throw new RangeError(`${name} does not have the number of bytes for its shape`)
    }
    if (start < last) throw new RangeError(`${name} overlaps the array before it`)
    last = end
  }
  if (last > size) throw new RangeError(`it ends after ${size} of ${last} bytes`)
}

/** One call of the system reads at most 2 GiB. */
const READ_AT_ONCE = 2 ** 30

/** The bytes of a file from `start` to before `end`, in a separate buffer. */
export async function readBytes(
  file: FileHandle,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start)
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(
      bytes,
      done,
      Math.min(bytes.length - done, READ_AT_ONCE),
      start + done,
    )
    if (bytesRead === 0) throw new RangeError(`it ends after ${start + done} bytes`)
    done += bytesRead
  }
  return bytes
}

/** The format is little-endian; so is every machine that ONNX Runtime for Node is built for. */
function bytesOf(data: Float32Array): Uint8Array {
  if (endianness() !== 'LE') throw new Error('A big-endian machine cannot write safetensors files.')
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
