import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { hashText } from '../../../src/lib/support/hash-text.ts'
import type { ListedRun } from '../../../src/lib/tracking/list-runs.ts'
import { listRuns } from '../../../src/lib/tracking/list-runs.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { eventually } from '../../helpers/eventually.ts'
import { recordSummary } from '../../helpers/record-summary.ts'
import { recordTinyRun } from '../../helpers/train-tiny-run.ts'
import { tinySummary } from '../../helpers/wandb-bench.ts'

/** Each has a store of its own. */
const TESTS = 12
/** When all files were last written, by their own words; in seconds, which every file system keeps. */
const THEN = 1_700_000_000

describe('the index of the store', () => {
  const homes: string[] = []
  let taken = 0
  let home: string

  const indexOf = (folder: string) => join(folder, 'runs.index')
  const runFile = (id: string) => join(home, 'runs', id, 'run.json')
  const summaryFile = (id: string, name = 'reverse-1') =>
    join(home, 'runs', id, 'evaluations', name, 'summary.json')

  /** As a new process lists them. */
  async function list(folder = home): Promise<{ runs: ListedRun[]; damaged: string[] }> {
    const damaged: string[] = []
    const { runs } = await listRuns({
      store: new RunStore(folder),
      now: new Date(),
      onDamaged: ({ message }) => damaged.push(message),
      onUnavailable: () => {},
    })
    return { runs, damaged }
  }

  const accuracies = async () =>
    Object.fromEntries((await list()).runs.map(({ id, best_accuracy }) => [id, best_accuracy]))
  const statuses = async () => Object.fromEntries((await list()).runs.map(({ id, status }) => [id, status]))
  const lines = async (folder = home) =>
    (await readFile(indexOf(folder), 'utf8').catch(() => '')).split('\n').slice(1, -1)

  /** What the index holds by its own words, which only a reader of the index can see. */
  async function forge(change: (body: string) => string): Promise<void> {
    const text = await readFile(indexOf(home), 'utf8')
    const [head = '', ...rest] = text.split('\n')
    const body = change(rest.join('\n'))
    await writeFile(
      indexOf(home),
      `${head.split(' ')[0]} ${hashText(body).toString(16).padStart(14, '0')}\n${body}`,
    )
  }

  // Files are indexed when they are some seconds old: the stores of all tests grow old together.
  before(async () => {
    for (let test = 0; test < TESTS; test++) {
      home = await mkdtemp(join(tmpdir(), 'reversal-index-'))
      homes.push(home)
      for (const id of ['ft-1', 'ft-2']) {
        await recordTinyRun(home, { id })
        await recordSummary(new RunStore(home), id, tinySummary(home, id))
        for (const file of [runFile(id), summaryFile(id)]) await utimes(file, THEN, THEN)
      }
    }
    // Records, folders of evaluations and summaries.
    for (const made of homes) {
      await eventually('a whole index', async () => (await list(made)) && (await lines(made)).length === 6)
    }
  })
  beforeEach(function () {
    home = homes[taken++]!
    if (home === undefined)
      throw new Error(`TESTS is fewer than there are, such as ${this.currentTest?.title}`)
  })
  after(() => Promise.all(homes.map((made) => rm(made, { recursive: true }))))

  it('is what a list reads, as long as nothing has changed', async () => {
    await forge((body) => body.replaceAll('"status":"succeeded"', '"status":"cancelled"'))
    expect(await statuses()).to.deep.equal({ 'ft-1': 'cancelled', 'ft-2': 'cancelled' })
    await forge((body) => body.replaceAll('"prefix_accuracy":1', '"prefix_accuracy":0.75'))
    expect(await accuracies()).to.deep.equal({ 'ft-1': 0.75, 'ft-2': 0.75 })
  })

  it('is not written again where nothing has changed', async () => {
    const { mtimeNs } = await stat(indexOf(home), { bigint: true })
    await list()
    expect((await stat(indexOf(home), { bigint: true })).mtimeNs).to.equal(mtimeNs)
  })

  it('is passed over where a file is written in place, with the size and time that it had', async () => {
    const { size } = await stat(runFile('ft-1'))
    await writeFile(
      runFile('ft-1'),
      (await readFile(runFile('ft-1'), 'utf8')).replace('succeeded', 'cancelled'),
    )
    await utimes(runFile('ft-1'), THEN, THEN)
    expect((await stat(runFile('ft-1'))).size).to.equal(size)
    expect(await statuses()).to.deep.equal({ 'ft-1': 'cancelled', 'ft-2': 'succeeded' })

    const text = await readFile(summaryFile('ft-2'), 'utf8')
    await writeFile(summaryFile('ft-2'), text.replace('"prefix_accuracy": 1,', '"prefix_accuracy": 0,'))
    await utimes(summaryFile('ft-2'), THEN, THEN)
    expect(await accuracies()).to.deep.equal({ 'ft-1': 1, 'ft-2': 0.5 })
  })

  it('is passed over where another file takes the place, with the same size and time', async () => {
    const other = join(home, 'other.json')
    await writeFile(other, (await readFile(runFile('ft-1'), 'utf8')).replace('succeeded', 'cancelled'))
    await utimes(other, THEN, THEN)
    await rename(other, runFile('ft-1'))
    expect((await statuses())['ft-1']).to.equal('cancelled')
  })

  it('holds no file that may change once more within one tick of the clock', async () => {
    const text = await readFile(runFile('ft-1'), 'utf8')
    for (let round = 0; round < 20; round++) {
      const status = round % 2 === 0 ? 'cancelled' : 'succeeded'
      await writeFile(runFile('ft-1'), text.replace('succeeded', status))
      expect((await statuses())['ft-1'], `round ${round}`).to.equal(status)
      const { ctimeNs } = await stat(indexOf(home), { bigint: true })
      const youngest = (await lines()).map((line) => BigInt(line.split('\t')[1]!.split(' ').at(-1)!))
      for (const changed of youngest)
        expect(ctimeNs - changed > 2_000_000_000n, `round ${round}`).to.equal(true)
    }
  })

  it('follows runs and evaluations that come and go', async () => {
    await cp(join(home, 'runs/ft-1'), join(home, 'runs/ft-3'), { recursive: true })
    await writeFile(runFile('ft-3'), (await readFile(runFile('ft-1'), 'utf8')).replaceAll('ft-1', 'ft-3'))
    expect(await accuracies()).to.deep.equal({ 'ft-1': 1, 'ft-2': 1, 'ft-3': 1 })
    await rm(join(home, 'runs/ft-2'), { recursive: true })
    await rm(join(home, 'runs/ft-1/evaluations/reverse-1'), { recursive: true })
    expect(await accuracies()).to.deep.equal({ 'ft-1': null, 'ft-3': 1 })
    expect((await lines()).filter((line) => line.startsWith('ft-2'))).to.deep.equal([])
    await recordSummary(new RunStore(home), 'ft-1', tinySummary(home, 'ft-1'))
    expect(await accuracies()).to.deep.equal({ 'ft-1': 1, 'ft-3': 1 })
    await rm(summaryFile('ft-1'))
    expect(await accuracies()).to.deep.equal({ 'ft-1': null, 'ft-3': 1 })
  })

  it('follows links to folders, wherever they lead by now', async () => {
    const [near, far] = ['near', 'far'].map((name) => join(home, name)) as [string, string]
    await rename(join(home, 'runs/ft-1'), near)
    await symlink(near, join(home, 'runs/ft-1'))
    expect(await statuses()).to.deep.equal({ 'ft-1': 'succeeded', 'ft-2': 'succeeded' })
    await cp(near, far, { recursive: true, preserveTimestamps: true })
    await writeFile(
      join(far, 'run.json'),
      (await readFile(join(far, 'run.json'), 'utf8')).replace('succeeded', 'cancelled'),
    )
    await rm(join(home, 'runs/ft-1'))
    await symlink(far, join(home, 'runs/ft-1'))
    expect((await statuses())['ft-1']).to.equal('cancelled')
    await rm(far, { recursive: true })
    expect(await statuses()).to.deep.equal({ 'ft-2': 'succeeded' })
    expect((await readdir(home)).includes('near')).to.equal(true)
  })

  it('never holds a damaged record, which every list reports', async () => {
    await appendFile(runFile('ft-1'), '}')
    await writeFile(summaryFile('ft-2'), '{}')
    for (let round = 0; round < 2; round++) {
      const { runs, damaged } = await list()
      expect(runs.map(({ id, best_accuracy }) => [id, best_accuracy])).to.deep.equal([['ft-2', null]])
      expect(damaged.map((message) => message.replace(home, ''))).to.deep.equal([
        '/runs/ft-1/run.json is damaged: it is not JSON.',
        '/runs/ft-2/evaluations/reverse-1/summary.json is damaged: "id" is missing.',
      ])
    }
  })

  it('is rebuilt if it is damaged, cut off or of another version', async () => {
    const good = await readFile(indexOf(home), 'utf8')
    const expected = await list()
    const bad = [
      '',
      'nonsense',
      good.slice(0, good.length / 2),
      good.replace('"succeeded"', '"cancelled"'),
      good.replace(/^\w/, (first) => (first === '0' ? '1' : '0')),
    ]
    for (const text of bad) {
      await writeFile(indexOf(home), text)
      expect(await list()).to.deep.equal(expected)
      expect(await readFile(indexOf(home), 'utf8')).to.have.length(good.length)
    }
  })

  it('may be missing: where it cannot be written a list is as good', async () => {
    const expected = await list()
    await rm(indexOf(home))
    await mkdir(indexOf(home))
    expect(await list()).to.deep.equal(expected)
    expect(await readdir(home)).to.have.members(['runs', 'runs.index', 'tiny'])
  })

  it('may be copied with a store, whose files are then read again', async () => {
    const copy = `${home}-copy`
    await cp(home, copy, { recursive: true, preserveTimestamps: true })
    const file = join(copy, 'runs/ft-1/run.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('succeeded', 'cancelled'))
    const { runs } = await list(copy)
    expect(runs.map(({ id, status }) => [id, status])).to.deep.include(['ft-1', 'cancelled'])
    await rm(copy, { recursive: true })
  })

  it('gives each caller values of its own', async () => {
    const store = new RunStore(home)
    const [first] = await store.list()
    first!.tags.push('mine')
    expect((await store.list())[0]?.tags).to.deep.equal([])
  })
})
