import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))

/** The floor of each folder, as in ARCHITECTURE.md. */
const FLOORS: Record<string, number> = {
  'lib/support': 0,
  'lib/schemas': 1,
  'lib/engine': 2,
  'lib/datasets': 2,
  'lib/statistics': 2,
  'lib/compute': 2,
  'lib/models': 3,
  'lib/tracking': 3,
  'lib/evaluation': 4,
  'lib/finetuning': 4,
  'lib/extensions': 5,
  'lib/reporting': 5,
  'lib/experiments': 6,
  cli: 7,
  commands: 7,
  hooks: 7,
}

function folderOf(file: string): string | undefined {
  const path = relative(SOURCE, file)
  return Object.keys(FLOORS).find((folder) => path.startsWith(`${folder}/`))
}

interface Import {
  from: string
  specifier: string
}

async function relativeImports(): Promise<Import[]> {
  const files = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const found = await Promise.all(
    files.map(async (name) => {
      const from = join(SOURCE, name)
      const text = await readFile(from, 'utf8')
      const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
      return Array.from(specifiers, ([, specifier]) => ({ from, specifier: specifier! }))
    }),
  )
  return found.flat()
}

describe('the floors of the house', () => {
  it('has a floor for every folder', async () => {
    const files = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith('.ts'))
    const homeless = files.filter((name) => name !== 'index.ts' && folderOf(join(SOURCE, name)) === undefined)
    expect(homeless).to.deep.equal([])
  })

  it('imports only from floors below', async () => {
    const imports = await relativeImports()
    expect(imports).to.have.length.above(50)
    const wrong = imports.filter(({ from, specifier }) => {
      const own = folderOf(from)
      const other = folderOf(resolve(dirname(from), specifier))
      if (own === undefined || other === undefined || own === other) return false
      return FLOORS[other]! >= FLOORS[own]! && !(FLOORS[own] === 7 && other === 'cli')
    })
    const shown = wrong.map(({ from, specifier }) => `${relative(SOURCE, from)} imports ${specifier}`)
    expect(shown).to.deep.equal([])
  })
})
