import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { newestDataset, newestOrMade } from '../../../src/lib/datasets/default-dataset.ts'
import { createReverseDataset } from '../../../src/lib/datasets/reverse/create.ts'
import { createInstructions } from '../../helpers/create-instructions.ts'
import { writeTinyDataset } from '../../helpers/tiny-dataset.ts'

const SMALL = { examplesPerGroup: 2, trainExamples: 3, testExamples: 1 }

describe('the data set of a command that names none', () => {
  let cwd: string

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'default-'))
  })
  afterEach(() => rm(cwd, { recursive: true }))

  const make = (datasetName: string, day: number) =>
    createReverseDataset({
      ...{ ...SMALL, seed: day, cwd, datasetName, overwrite: false, toolVersion: '0', command: 'none' },
      now: () => new Date(Date.UTC(2026, 0, day)),
    })

  it('is the newest of experiment 1, by the date in its manifest', async () => {
    await make('newer', 2)
    await make('older', 1)
    await createInstructions(cwd, 'newest')
    const { name, made, others } = (await newestDataset({ cwd }))!
    expect({ name, made, others }).to.deep.equal({ name: 'newer', made: false, others: 2 })
  })

  it('is the newest of any kind where experiment 1 has none', async () => {
    const directory = await createInstructions(cwd, 'only')
    expect((await newestDataset({ cwd }))?.directory).to.equal(directory)
  })

  it('goes by the date of the training file where there is no manifest', async () => {
    const folder = join(cwd, 'data/reverse_experiments')
    for (const [name, day] of [
      ['new', 2],
      ['old', 1],
    ] as const) {
      await writeTinyDataset(join(folder, name))
      const at = new Date(Date.UTC(2026, 0, day))
      await utimes(join(folder, name, 'all.jsonl'), at, at)
    }
    expect((await newestDataset({ cwd }))?.name).to.equal('new')
  })

  it('leaves out a data set whose manifest is damaged', async () => {
    await make('whole', 1)
    const damaged = join(cwd, 'data/reverse_experiments/damaged')
    await writeTinyDataset(damaged)
    await writeFile(join(damaged, 'manifest.json'), '{')
    expect((await newestDataset({ cwd }))?.name).to.equal('whole')
  })

  it('is made in the paper’s size if there is none', async () => {
    await mkdir(join(cwd, 'data/empty'), { recursive: true })
    expect(await newestDataset({ cwd })).to.equal(undefined)
    const { name, made } = await newestOrMade({ cwd, toolVersion: '0' })
    expect({ name, made }).to.deep.equal({ name: 'n30_train30_test10_seed42_b5234afc26', made: true })
    expect(await readdir(join(cwd, 'data/reverse_experiments'))).to.deep.equal([name])
    expect((await newestOrMade({ cwd, toolVersion: '0' })).made).to.equal(false)
  })
})
