/** The GGUF file format, version 3 (ggml's docs/gguf.md): typed metadata, then aligned tensors. */
import type { Arrays } from '../weights.ts'

/** A metadata value with its type. */
export type GgufValue =
  | { type: 'uint32' | 'int32' | 'float32'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'strings'; values: readonly string[] }
  | { type: 'int32s'; values: readonly number[] }

const VERSION = 3
const ALIGNMENT = 32
const TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const
const TENSOR_FLOAT32 = 0

/** A file of metadata and float32 arrays, in one piece. */
export function encodeGguf(metadata: Readonly<Record<string, GgufValue>>, arrays: Arrays): Buffer {
  return Buffer.concat([...ggufParts(metadata, arrays)])
}

/** The same piece by piece; no array is copied. */
export function* ggufParts(
  metadata: Readonly<Record<string, GgufValue>>,
  arrays: Arrays,
): Generator<Uint8Array> {
  const entries = Object.entries(metadata)
  let offset = 0
  const infos = [...arrays].map(([name, { shape, data }]) => {
    // The innermost dimension comes first.
    const dimensions = shape.toReversed().map((size) => uint64(size))
    const info = [text(name), uint32(shape.length), ...dimensions, uint32(TENSOR_FLOAT32), uint64(offset)]
    offset += aligned(data.byteLength)
    return Buffer.concat(info)
  })
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(VERSION),
    uint64(arrays.size),
    uint64(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), encodeValue(value)]),
    ...infos,
  ])
  yield padded(head)
  for (const { data } of arrays.values()) {
    yield Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    yield Buffer.alloc(aligned(data.byteLength) - data.byteLength)
  }
}

function encodeValue(entry: GgufValue): Buffer {
  if (entry.type === 'strings' || entry.type === 'int32s') {
    const items = entry.type === 'strings' ? entry.values.map(text) : entry.values.map(int32)
    const itemType = entry.type === 'strings' ? TYPE.string : TYPE.int32
    return Buffer.concat([uint32(TYPE.array), uint32(itemType), uint64(items.length), ...items])
  }
  return Buffer.concat([uint32(TYPE[entry.type]), encodeScalar(entry)])
}

function encodeScalar(entry: Exclude<GgufValue, { values: unknown }>): Buffer {
  if (entry.type === 'string') return text(entry.value)
  if (entry.type === 'bool') return Buffer.of(Number(entry.value))
  if (entry.type === 'float32') return float32(entry.value)
  return entry.type === 'uint32' ? uint32(entry.value) : int32(entry.value)
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([uint64(bytes.length), bytes])
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes], aligned(bytes.length))
}
