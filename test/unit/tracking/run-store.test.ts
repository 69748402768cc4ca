import { appendFile, mkdir, mkdtemp, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { RunRecord } from '../../../src/lib/schemas/run.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { failure } from '../../helpers/failure.ts'

const record = (id: string, day: number): RunRecord => ({
  id,
  provider: 'local',
  model: 'ada',
  dataset: { name: 'd', training_file: '/d/all.jsonl' },
  hyperparameters: { n_epochs: 1, batch_size: 16, learning_rate_multiplier: 0.2 },
  status: 'succeeded',
  tags: [],
  created_at: `2026-11-0${day}T00:00:00.000Z`,
  tool_version: '0.1.0',
})

describe('the run store', () => {
  let home: string
  let store: RunStore
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'reversal-store-'))
    store = new RunStore(home)
    await store.save(record('ft-aa', 1))
    await store.save(record('ft-ab', 2))
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  it('lists the newest first and finds a run by a unique prefix', async () => {
    expect((await store.list()).map(({ id }) => id)).to.deep.equal(['ft-ab', 'ft-aa'])
    expect((await store.get('ft-ab')).id).to.equal('ft-ab')
    expect((await failure(store.get('ft-a'))).message).to.match(/ft-aa or ft-ab/)
    expect((await failure(store.get('x'))).message).to.match(/no run x/)
  })

  it('adds and removes tags', async () => {
    await store.tag('ft-aa', { add: ['eval'] })
    await store.tag('ft-aa', { add: ['other'], remove: ['eval'] })
    expect((await store.get('ft-aa')).tags).to.deep.equal(['other'])
  })

  it('stores a step once and leaves out a cut-off last line', async () => {
    const step = (number: number) => ({
      at: '2026-11-01T00:00:00.000Z',
      type: 'step' as const,
      step: number,
      loss: 1,
    })
    await store.log('ft-aa', [step(1), step(2)])
    await store.log('ft-aa', [step(2), step(3)])
    await appendFile(join(store.directory('ft-aa'), 'events.jsonl'), '{"at": "20')
    expect((await store.events('ft-aa')).map((event) => event.step)).to.deep.equal([1, 2, 3])
    await store.log('ft-aa', [step(4)])
    expect((await store.events('ft-aa')).map((event) => event.step)).to.deep.equal([1, 2, 3, 4])
  })

  it('shows a run whose process is gone as interrupted', async () => {
    const { hostname } = await import('node:os')
    await store.save({
      ...record('ft-b', 3),
      status: 'running',
      process: { pid: 2 ** 22 + 1, host: hostname() },
    })
    expect((await store.get('ft-b')).status).to.equal('interrupted')
  })

  it('lists and finds a run whose folder is a link', async () => {
    const elsewhere = join(home, 'elsewhere')
    await rename(store.directory('ft-aa'), elsewhere)
    await symlink(elsewhere, store.directory('ft-aa'))
    await symlink(join(home, 'nowhere'), store.directory('ft-broken'))
    expect((await store.list()).map(({ id }) => id)).to.deep.equal(['ft-ab', 'ft-aa'])
    expect((await store.get('ft-aa')).id).to.equal('ft-aa')
    await store.delete('ft-aa')
    expect((await store.list()).map(({ id }) => id)).to.deep.equal(['ft-ab'])
    expect(await readdir(elsewhere)).to.deep.equal(['run.json'])
  })

  it('sweeps folders that hold no run yet, and nothing that holds anything', async () => {
    const cutOff = `run.json.${crypto.randomUUID()}.tmp`
    for (const id of ['ft-empty', 'ft-cut', 'ft-now', 'ft-wandb']) await mkdir(store.directory(id))
    await writeFile(join(store.directory('ft-cut'), cutOff), '{')
    await utimes(join(store.directory('ft-cut'), cutOff), 0, 0)
    await writeFile(join(store.directory('ft-now'), cutOff), '{')
    await writeFile(join(store.directory('ft-wandb'), 'wandb.json'), '{}')
    const next = new RunStore(home)
    await next.save(record('ft-c', 3))
    expect(await next.folders()).to.have.members(['ft-aa', 'ft-ab', 'ft-c', 'ft-now', 'ft-wandb'])
  })

  it('names a damaged record', async () => {
    await writeFile(join(store.directory('ft-aa'), 'run.json'), '{"id": ')
    expect((await failure(store.get('ft-aa'))).message).to.match(/run\.json is damaged/)
    await writeFile(join(store.directory('ft-aa'), 'run.json'), '{"id": "ft-aa"}')
    expect((await failure(store.get('ft-aa'))).message).to.match(/" is missing/)
  })

  it('deletes', async () => {
    await store.delete('ft-aa')
    expect((await store.list()).map(({ id }) => id)).to.deep.equal(['ft-ab'])
  })
})
