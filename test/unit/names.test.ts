import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))
const EXPORT = /^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm

describe('exported names', () => {
  it('each mean one thing', async () => {
    const names = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith('.ts'))
    const places = new Map<string, string[]>()
    for (const name of names) {
      const text = await readFile(join(SOURCE, name), 'utf8')
      for (const [, exported] of text.matchAll(EXPORT)) {
        places.set(exported!, [...(places.get(exported!) ?? []), name])
      }
    }
    expect(places.size).to.be.above(500)
    expect([...places].filter(([, files]) => files.length > 1)).to.deep.equal([])
  })
})
