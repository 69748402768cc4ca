import { inflateRawSync } from 'node:zlib'
import { expect } from 'chai'
import { zipFiles } from '../../../src/lib/support/zip.ts'

describe('zipFiles', () => {
  const files = new Map([
    ['b.txt', Buffer.from('the same again. '.repeat(50))],
    ['ä.json', Buffer.from('{}')],
    ['none', Buffer.alloc(0)],
  ])

  it('makes an archive whose directory leads to every file', () => {
    const archive = zipFiles(files)
    const end = archive.length - 22
    expect(archive.readUInt32LE(end)).to.equal(0x06054b50)
    expect(archive.readUInt16LE(end + 10)).to.equal(3)
    const found = new Map<string, Buffer>()
    let place = archive.readUInt32LE(end + 16)
    while (place < end) {
      expect(archive.readUInt32LE(place)).to.equal(0x02014b50)
      const [packed, names] = [archive.readUInt32LE(place + 20), archive.readUInt16LE(place + 28)]
      const local = archive.readUInt32LE(place + 42)
      expect(archive.readUInt32LE(local)).to.equal(0x04034b50)
      expect(archive.readUInt32LE(local + 14)).to.equal(archive.readUInt32LE(place + 16))
      const name = archive.toString('utf8', place + 46, place + 46 + names)
      const start = local + 30 + names
      found.set(name, inflateRawSync(archive.subarray(start, start + packed)))
      place += 46 + names
    }
    expect([...found.keys()]).to.deep.equal(['b.txt', 'none', 'ä.json'])
    for (const [name, content] of files) expect(found.get(name)!.equals(content), name).to.equal(true)
  })

  it('makes the same bytes of the same files, in whatever order they come', () => {
    expect(zipFiles(new Map([...files].toReversed())).equals(zipFiles(files))).to.equal(true)
  })
})
