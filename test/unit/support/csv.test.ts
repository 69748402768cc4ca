import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { formatCsv, readCsv } from '../../../src/lib/support/csv.ts'
import { failure } from '../../helpers/failure.ts'

describe('CSV', () => {
  let folder: string
  let path: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-csv-'))
    path = join(folder, 'table.csv')
  })
  after(() => rm(folder, { recursive: true }))

  it('reads what it wrote, whatever is in the fields', async () => {
    const row = fc.tuple(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('a,b', '"quoted"', 'two\nlines', 'é'),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 5 }), async (rows) => {
        await writeFile(path, await formatCsv(['x', 'y'], rows))
        const read = await readCsv(path, { columns: ['x'] })
        expect(read.rows.map(({ fields }) => [fields.x, fields.y])).to.deep.equal(rows)
      }),
      { numRuns: 30 },
    )
  })

  it('writes no cell that a spreadsheet takes for a formula, leaves numbers alone and reads all as it was', async () => {
    const formulas = ['=1+2', '+cmd', '-x', '@SUM(A1)', '\t=1', '\r=1', "'=1", "''-x", '＝1', "'-5"]
    const others = ['-1.5', '+3', '-1e-7', '-inf', '.5', "'quoted'", 'a=b']
    const text = await formatCsv(
      ['=x'],
      [...formulas, ...others].map((cell) => [cell]),
    )
    await writeFile(path, text)
    const { header, rows } = await readCsv(path, { columns: ['=x'] })
    expect(header).to.deep.equal(['=x'])
    expect(rows.map(({ fields }) => fields['=x'])).to.deep.equal([...formulas, ...others])
    for (const cell of formulas) expect(await formatCsv([cell], [])).to.match(/^"?'/)
    for (const cell of others) expect(await formatCsv([cell], [])).to.equal(`${cell}\n`)
  })

  it('gives each row its line, under a byte-order mark and past empty lines', async () => {
    await writeFile(path, '\ufeffx,y\r\n1,2\r\n\r\n3,"4\n5"\r\n6,7\r\n')
    const { header, rows } = await readCsv(path, { columns: ['x', 'y'] })
    expect(header).to.deep.equal(['x', 'y'])
    expect(rows.map(({ line }) => line)).to.deep.equal([2, 5, 6])
  })

  for (const [title, content] of [
    ['semicolons, as some spreadsheets write them', 'x;y\n1;2\n'],
    ['tabs', 'x\ty\n1\t2\n'],
    ['a header with capitals, spaces and quotes', '"X", Y\n1,2\n'],
    ['rows without any text', 'x,y\n1,2\n,\n , \n'],
    ['old line ends', 'x,y\r1,2\r'],
  ] as const) {
    it(`reads a file with ${title}`, async () => {
      await writeFile(path, content)
      const { rows } = await readCsv(path, { columns: ['x', 'y'] })
      expect(rows).to.deep.equal([{ line: 2, fields: { x: '1', y: '2' } }])
    })
  }

  for (const [title, content, message] of [
    ['a column that stands twice', 'x,y,x\n1,2,3\n', / has the column x twice\.$/],
    ['a column that is not there', 'x,z\n1,2\n', / lacks the column y; it has x, z\.$/],
    ['a file without a line', '', / lacks the column x and the column y; it is empty\.$/],
    ['a row with too many fields', 'x,y\n1,2\n1,2,3\n', /table\.csv:3 is not CSV: invalid record length/],
    ['a quote that never ends', 'x,y\n1,"2\n', /table\.csv:\d is not CSV: quote not closed/],
    ['bytes that are no text', Buffer.from([0x78, 0xff]), / is not UTF-8 text\.$/],
  ] as const) {
    it(`names ${title}`, async () => {
      await writeFile(path, content)
      expect((await failure(readCsv(path, { columns: ['x', 'y'] }))).message).to.match(message)
    })
  }

  it('says that a file is not there', async () => {
    const error = await failure(readCsv(join(folder, 'none.csv'), { columns: [] }))
    expect(error.message).to.match(/^There is no file .+none\.csv\.$/)
  })
})
