/** ggml's quantised blocks as float32 (ggml-quants.c, `dequantize_row_*`). A block's scales are float16. */
import { decodeBfloat, decodeFloat, decodeHalf, halfTable } from '../element-types.ts'

/** An element type: blocks of `elements` numbers in `bytes` bytes. */
export interface BlockType {
  name: string
  elements: number
  bytes: number
  decode(bytes: Uint8Array, count: number): Float32Array
}

const SIMPLE = 32
const SUPER = 256

/** By ggml's number. */
export const BLOCK_TYPES: Readonly<Record<number, BlockType>> = {
  0: { name: 'F32', elements: 1, bytes: 4, decode: decodeFloat },
  1: { name: 'F16', elements: 1, bytes: 2, decode: decodeHalf },
  2: blocks('Q4_0', SIMPLE, 18, (b, at, y, to) => nibbles(b, at + 2, y, to, { d: half(b, at), shift: -8 })),
  3: blocks('Q4_1', SIMPLE, 20, (b, at, y, to) =>
    nibbles(b, at + 4, y, to, { d: half(b, at), m: half(b, at + 2) }),
  ),
  6: blocks('Q5_0', SIMPLE, 22, (b, at, y, to) =>
    nibbles(b, at + 6, y, to, { d: half(b, at), shift: -16, fifth: at + 2 }),
  ),
  7: blocks('Q5_1', SIMPLE, 24, (b, at, y, to) =>
    nibbles(b, at + 8, y, to, { d: half(b, at), m: half(b, at + 2), fifth: at + 4 }),
  ),
  8: blocks('Q8_0', SIMPLE, 34, (b, at, y, to) => {
    const d = half(b, at)
    for (let i = 0; i < SIMPLE; i++) y[to + i] = d * int8(b[at + 2 + i]!)
  }),
  10: blocks('Q2_K', SUPER, 84, decodeQ2K),
  11: blocks('Q3_K', SUPER, 110, decodeQ3K),
  12: blocks('Q4_K', SUPER, 144, decodeQ4K),
  13: blocks('Q5_K', SUPER, 176, decodeQ5K),
  14: blocks('Q6_K', SUPER, 210, decodeQ6K),
  30: { name: 'BF16', elements: 1, bytes: 2, decode: decodeBfloat },
}

/** Writes the block that starts at `at` to `y`, from `to` on. */
type DecodeBlock = (bytes: Uint8Array, at: number, y: Float32Array, to: number) => void

function blocks(name: string, elements: number, bytes: number, decodeBlock: DecodeBlock): BlockType {
  return {
    ...{ name, elements, bytes },
    decode(source, count) {
      const y = new Float32Array(count)
      for (let block = 0; block < count / elements; block++) {
        decodeBlock(source, block * bytes, y, block * elements)
      }
      return y
    },
  }
}

let table: Float32Array | undefined

function half(b: Uint8Array, at: number): number {
  table ??= halfTable()
  return table[b[at]! | (b[at + 1]! << 8)]!
}

function int8(value: number): number {
  return (value << 24) >> 24
}

/**
 * d · (q + shift) + m. The low halves of 16 bytes come first; `fifth` is the offset of a fifth bit for each number, if
 * there is one.
 */
function nibbles(
  b: Uint8Array,
  at: number,
  y: Float32Array,
  to: number,
  { d, m = 0, shift = 0, fifth }: { d: number; m?: number; shift?: number; fifth?: number },
): void {
  for (let i = 0; i < SIMPLE; i++) {
    const byte = b[at + (i % 16)]!
    let q = i < 16 ? byte & 15 : byte >> 4
    if (fifth !== undefined) q |= ((b[fifth + (i >> 3)]! >> (i & 7)) & 1) << 4
    y[to + i] = d * (q + shift) + m
  }
}

/** 16 groups of 16 numbers of 2 bits; a byte of each group holds scale and minimum. */
function decodeQ2K(b: Uint8Array, at: number, y: Float32Array, to: number): void {
  const d = half(b, at + 80)
  const dMin = half(b, at + 82)
  for (let i = 0; i < SUPER; i++) {
    const group = b[at + (i >> 4)]!
    const q = (b[at + 16 + (i >> 7) * 32 + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3
    y[to + i] = d * (group & 15) * q - dMin * (group >> 4)
  }
}

/** 2 bits and, elsewhere, a third; 16 scales of 6 bits. */
function decodeQ3K(b: Uint8Array, at: number, y: Float32Array, to: number): void {
  const d = half(b, at + 108)
  const scales = at + 96
  for (let i = 0; i < SUPER; i++) {
    const group = i >> 4
    const low = (b[scales + (group & 7)]! >> (group < 8 ? 0 : 4)) & 15
    const high = (b[scales + 8 + (group & 3)]! >> (2 * (group >> 2))) & 3
    const q = (b[at + 32 + (i >> 7) * 32 + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3
    const third = (b[at + (i & 31)]! >> (i >> 5)) & 1
    y[to + i] = d * ((low | (high << 4)) - 32) * (q - (third ? 0 : 4))
  }
}

/** Scale and minimum, of 6 bits each, of one of 8 groups of 32. */
function scaleAndMinimum(b: Uint8Array, at: number, group: number): [scale: number, minimum: number] {
  if (group < 4) return [b[at + group]! & 63, b[at + group + 4]! & 63]
  return [
    (b[at + group + 4]! & 15) | ((b[at + group - 4]! >> 6) << 4),
    (b[at + group + 4]! >> 4) | ((b[at + group]! >> 6) << 4),
  ]
}

function decodeQ4K(b: Uint8Array, at: number, y: Float32Array, to: number): void {
  const d = half(b, at)
  const dMin = half(b, at + 2)
  for (let group = 0; group < 8; group++) {
    const [scale, minimum] = scaleAndMinimum(b, at + 4, group)
    for (let i = 0; i < 32; i++) {
      const q = (b[at + 16 + (group >> 1) * 32 + i]! >> (4 * (group & 1))) & 15
      y[to + group * 32 + i] = d * scale * q - dMin * minimum
    }
  }
}

function decodeQ5K(b: Uint8Array, at: number, y: Float32Array, to: number): void {
  const d = half(b, at)
  const dMin = half(b, at + 2)
  for (let group = 0; group < 8; group++) {
    const [scale, minimum] = scaleAndMinimum(b, at + 4, group)
    for (let i = 0; i < 32; i++) {
      const low = (b[at + 48 + (group >> 1) * 32 + i]! >> (4 * (group & 1))) & 15
      const fifth = (b[at + 16 + i]! >> group) & 1
      y[to + group * 32 + i] = d * scale * (low | (fifth << 4)) - dMin * minimum
    }
  }
}

/** 4 bits and, elsewhere, two more; 16 scales of 8 bits. */
function decodeQ6K(b: Uint8Array, at: number, y: Float32Array, to: number): void {
  const d = half(b, at + 208)
  for (let i = 0; i < SUPER; i++) {
    const part = i >> 7
    const quarter = (i >> 5) & 3
    const low = (b[at + part * 64 + (quarter & 1) * 32 + (i & 31)]! >> (quarter < 2 ? 0 : 4)) & 15
    const high = (b[at + 128 + part * 32 + (i & 31)]! >> (2 * quarter)) & 3
    y[to + i] = d * int8(b[at + 192 + (i >> 4)]!) * ((low | (high << 4)) - 32)
  }
}
