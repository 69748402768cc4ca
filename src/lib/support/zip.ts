import { crc32, deflateRawSync } from 'node:zlib'

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const VERSION = 20
const DEFLATED = 8
const UTF8_NAMES = 0x0800
/** 1 January 1980, so that the same files always make the same archive. */
const DATE = 0x21

/** A ZIP archive (APPNOTE 6.3.9) of files by name, the same bytes for the same files. For less than 4 GB. */
export function zipFiles(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, content] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const encoded = Buffer.from(name)
    const packed = deflateRawSync(content)
    const common = shorts(VERSION, UTF8_NAMES, DEFLATED, 0, DATE)
    const sizes = Buffer.concat([
      longs(crc32(content), packed.length, content.length),
      shorts(encoded.length, 0),
    ])
    const body = Buffer.concat([longs(LOCAL), common, sizes, encoded, packed])
    bodies.push(body)
    // No comment, first disk, plain attributes.
    const place = Buffer.concat([shorts(0, 0, 0), longs(0, offset)])
    directory.push(Buffer.concat([longs(CENTRAL), shorts(VERSION), common, sizes, place, encoded]))
    offset += body.length
  }
  const size = directory.reduce((total, { length }) => total + length, 0)
  const counts = shorts(0, 0, directory.length, directory.length)
  const end = Buffer.concat([longs(END), counts, longs(size, offset), shorts(0)])
  return Buffer.concat([...bodies, ...directory, end])
}

function shorts(...values: number[]): Buffer {
  const buffer = Buffer.alloc(2 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt16LE(value, 2 * index)
  return buffer
}

function longs(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) buffer.writeUInt32LE(value, 4 * index)
  return buffer
}
