/** Numbers of two bytes as float32. */

/** Float16 of each of its 65,536 patterns: `Float16Array` is not in every Node that the tool runs on. */
let halves: Float32Array | undefined

/** The value of a float16 pattern. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The values of all float16 patterns, by pattern. */
export function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 0x10000 }, (_, bits) => halfToFloat(bits))
  return halves
}

/** Bytes of little-endian float16. */
export function decodeHalf(bytes: Uint8Array): Float32Array {
  const table = halfTable()
  return Float32Array.from(words(bytes), (bits) => table[bits]!)
}

/** Bytes of bfloat16: the upper half of a float32. */
export function decodeBfloat(bytes: Uint8Array): Float32Array {
  const source = words(bytes)
  const target = new Uint32Array(source.length)
  for (let i = 0; i < source.length; i++) target[i] = source[i]! << 16
  return new Float32Array(target.buffer)
}

/** Bytes of float32. */
export function decodeFloat(bytes: Uint8Array): Float32Array {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  return new Float32Array(whole.buffer, whole.byteOffset, whole.byteLength / 4)
}

function words(bytes: Uint8Array): Uint16Array {
  const whole = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice()
  return new Uint16Array(whole.buffer, whole.byteOffset, whole.byteLength / 2)
}
