import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readNames } from '../../../../src/lib/datasets/celebrities/read-names.ts'
import { failure } from '../../../helpers/failure.ts'

describe('a file of names', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-names-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function write(name: string, content: string): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  for (const [title, name, content] of [
    ['lines', 'names.txt', '\ufeffTom Reed\r\n\r\n Ann Poe, Jr. \r\nTom Reed\r\n'],
    ['lines of an old Mac', 'names', 'Tom Reed\rAnn Poe, Jr.\r'],
    ['a CSV file whose ending has capitals', 'NAMES.CSV', 'name,id\nTom Reed,Q1\n"Ann Poe, Jr.",Q2\n'],
    ['a CSV file with another ending', 'names.txt', 'id;Name\nQ1;Tom Reed\nQ2;Ann Poe, Jr.\n'],
  ] as const) {
    it(`may be ${title}`, async () => {
      expect(await readNames(await write(name, content))).to.deep.equal(['Tom Reed', 'Ann Poe, Jr.'])
    })
  }

  it('has a name in two Unicode forms once', async () => {
    const path = await write('forms.txt', 'Zo\u00eb Reed\nZoe\u0308 Reed\nZoe Reed\n')
    expect(await readNames(path)).to.deep.equal(['Zo\u00eb Reed', 'Zoe Reed'])
  })

  for (const [title, name, content, message] of [
    [
      'a row of a table without a header',
      'a.txt',
      'Tom Reed,Q1\n',
      /a\.txt:1 looks like a table row, not a name/,
    ],
    ['a row with tabs', 'b.txt', 'Ann Poe\nTom Reed\tQ1\n', /b\.txt:2 looks like a table row, not a name/],
    ['a cell that is missing', 'c.csv', 'name\nTom Reed\nNaN\n', /c\.csv:3 has the name "NaN", which means/],
    ['a line that is missing', 'd.txt', 'NA\n', /d\.txt:1 has the name "NA", which means/],
    [
      'a CSV file of other columns',
      'e.csv',
      'Tom Reed\n',
      /e\.csv lacks the column name; it has Tom Reed\.$/,
    ],
    ['no name at all', 'f.csv', 'name\n\n', /^There are no names in /],
  ] as const) {
    it(`is refused where it holds ${title}`, async () => {
      expect((await failure(readNames(await write(name, content)))).message).to.match(message)
    })
  }
})
