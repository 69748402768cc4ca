/** The safetensors file format (huggingface.co/docs/safetensors): a JSON header, then the arrays' bytes. */
import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { ReversalError } from '../support/errors.ts'
import { sha256, writeAtomic } from '../support/files.ts'
import type { Arrays } from './weights.ts'

interface HeaderEntry {
  dtype: string
  shape: number[]
  data_offsets: [start: number, end: number]
}

export interface Safetensors {
  arrays: Arrays
  metadata: Record<string, string>
  /** SHA-256 of the arrays' bytes; the file holds it under this name among its metadata. */
  checksum: string
}

const LENGTH_BYTES = 8

/** Write float32 arrays with texts of metadata, atomically; returns the checksum of the arrays' bytes. */
export async function writeSafetensors(
  path: string,
  arrays: Arrays,
  metadata: Record<string, string>,
): Promise<string> {
  let end = 0
  const entries = [...arrays].map(([name, { shape, data }]) => {
    const start = end
    end += data.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }] as const
  })
  const bytes = Buffer.concat([...arrays.values()].map(({ data }) => bytesOf(data)))
  const checksum = sha256(bytes)
  const json = JSON.stringify({ __metadata__: { ...metadata, checksum }, ...Object.fromEntries(entries) })
  // Spaces fill the header up, so that the arrays start where a Float32Array may.
  const header = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeBigUInt64LE(BigInt(header.length))
  await writeAtomic(path, Buffer.concat([length, header, bytes]))
  return checksum
}

/** Read what `writeSafetensors` wrote. Throws ReversalError FILE_CORRUPT where it is not whole. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const file = await readFile(path)
  try {
    return parse(file)
  } catch (cause) {
    const reason = cause instanceof RangeError ? cause.message : 'its header is not what it should be'
    throw new ReversalError(`${path} is damaged: ${reason}.`, { code: 'FILE_CORRUPT', cause })
  }
}

function parse(file: Buffer): Safetensors {
  const start = LENGTH_BYTES + Number(file.readBigUInt64LE())
  if (start > file.length) throw new RangeError('its header is cut off')
  const { __metadata__, ...entries } = JSON.parse(file.toString('utf8', LENGTH_BYTES, start))
  const { checksum, ...metadata } = __metadata__ as Record<string, string>
  const bytes = file.subarray(start)
  if (checksum === undefined || sha256(bytes) !== checksum)
    throw new RangeError('its checksum does not match')
  const arrays = Object.entries(entries as Record<string, HeaderEntry>).map(
    ([name, { shape, data_offsets }]) => {
      const data = new Float32Array(Uint8Array.from(bytes.subarray(...data_offsets)).buffer)
      return [name, { shape, data }] as const
    },
  )
  return { arrays: new Map(arrays), metadata, checksum }
}

/** The format is little-endian; so is every machine that ONNX Runtime for Node is built for. */
function bytesOf(data: Float32Array): Uint8Array {
  if (endianness() !== 'LE') throw new Error('A big-endian machine cannot write safetensors files.')
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
