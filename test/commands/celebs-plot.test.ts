import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { CelebritiesReport } from '../../src/lib/reporting/report-celebrities.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

const PUBLISHED = '../shared/published/celebrity_relations'
const published = (name: string) => join(PUBLISHED, name)

describe('celebs:plot', () => {
  let folder: string
  let file: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'celebs-plot-'))
    file = join(folder, 'toy.csv')
    const rows = [
      'A B,C D,father,1.0,0.0',
      'A B,E F,mother,0.8,0.1',
      'G H,I J,father,0.0,0.0',
      'K L,M N,mother,1.0,0.5',
    ]
    await writeFile(
      file,
      ['child,parent,parent_type,toy_can_find_parent,toy_can_find_child', ...rows, ''].join('\n'),
    )
  })
  after(() => rm(folder, { recursive: true }))

  it('gives Figure 5 from the published files', async function () {
    if (!existsSync(PUBLISHED)) {
      console.log('      skipped: ../shared/published is not here')
      this.skip()
    }
    const { comparisons } = await runJson<CelebritiesReport>(
      ...['celebs:plot', published('gpt-3.5-turbo_reversal_test_results.csv')],
      ...[published('llama-7b_reversal_test_results.csv'), published('parent_child_pairs.csv')],
      ...['--output-dir', join(folder, 'published')],
    )
    const percent = (value: number | null | undefined) => (100 * value!).toFixed(2)
    const rounded = comparisons.map(({ model, parent, child, difference }) => {
      const half = difference && difference.high! - difference.estimate!
      return [
        model,
        percent(parent?.estimate),
        percent(child?.estimate),
        percent(half),
        difference?.t?.toFixed(2),
      ]
    })
    expect(rounded).to.deep.equal([
      ['gpt-3.5-turbo', '34.84', '11.91', '2.13', '21.15'],
      ['llama-7b', '8.04', '0.87', '0.87', '16.26'],
      ['parent_child_pairs', 'NaN', '32.72', '0.00', undefined],
    ])
    const [gpt, , gpt4] = comparisons
    expect(percent(gpt?.anyAnswer?.parent.estimate)).to.equal('53.14')
    expect(percent(gpt?.anyAnswer?.child.estimate)).to.equal('17.65')
    expect(gpt?.kolmogorovSmirnov?.statistic).to.be.closeTo(0.355, 5e-4)
    expect([percent(gpt4?.child?.low), percent(gpt4?.child?.high)]).to.deep.equal(['30.40', '35.12'])
    expect(percent(gpt4?.byParentType.mother.child?.estimate)).to.equal('28.27')
    expect(percent(gpt4?.byParentType.father.child?.estimate)).to.equal('37.25')
  })

  it('prints the table, and writes it with the figure in all forms', async () => {
    const output = join(folder, 'figures')
    const { stdout, error } = await runCommand('celebs:plot', file, '--output-dir', output)
    expect(error).to.equal(undefined)
    expect(stdout).to.match(/^toy +right answers +all +4 +70\.00 \[.+\] +15\.00 \[.+\] +55\.00 \[/m)
    expect(stdout).to.match(/^ +fathers +2 +50\.00 .+ 0\.00 /m)
    expect(stdout).to.include('toy, right in any answer: parent 75.00 [')
    const svg = await readFile(join(output, 'celebrities.svg'), 'utf8')
    for (const text of ['>toy<', '>mothers<', '>child of a parent<']) expect(svg).to.include(text)
    const png = await readFile(join(output, 'celebrities.png'))
    expect(png.subarray(1, 4).toString()).to.equal('PNG')
    expect(png.readUInt32BE(16)).to.be.above(800)
    expect((await readFile(join(output, 'celebrities.pdf'), 'latin1')).slice(0, 5)).to.equal('%PDF-')
    expect(await readFile(join(output, 'celebrities.tex'), 'utf8')).to.match(
      /^ {4}toy & all pairs & 4 & 70\.0 \[/m,
    )
    expect(await readFile(join(output, 'celebrities.md'), 'utf8')).to.match(
      /^\| toy \| all pairs \| 4 \| 70\.0 \[/m,
    )
    const [head, all] = (await readFile(join(output, 'celebrities.csv'), 'utf8')).split('\n')
    expect(head).to.match(/^model,measure,parents,pairs,parent,/)
    expect(all).to.match(/^toy,answers,all,4,0\.7,/)
  })

  it('names what is wrong with a file', async () => {
    const bad = join(folder, 'bad.csv')
    await writeFile(bad, 'child,parent,parent_type\nA B,C D,father\n')
    const { error } = await runCommand('celebs:plot', file, bad)
    expect(error?.message).to.match(/bad\.csv has no results; /)
    expect(error?.oclif?.exit).to.equal(EXIT.usage)
  })
})
