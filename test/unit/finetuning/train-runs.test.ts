import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { LocalProvider } from '../../../src/lib/finetuning/local/provider.ts'
import { trainRuns } from '../../../src/lib/finetuning/train-runs.ts'
import { acquireLock } from '../../../src/lib/support/lock.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { failure } from '../../helpers/failure.ts'
import { writeTinyDataset } from '../../helpers/tiny-dataset.ts'

describe('runs that are trained one after another', () => {
  let folder: string
  let store: RunStore
  let provider: LocalProvider

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'train-runs-'))
    await writeTinyDataset(join(folder, 'tiny'))
    store = new RunStore(join(folder, 'home'))
    provider = new LocalProvider({ store, toolVersion: '0.0.0' })
  })
  afterEach(() => rm(folder, { recursive: true }))

  const create = () =>
    provider.create({
      model: 'ada',
      dataset: { name: 'tiny', trainingFile: join(folder, 'tiny', 'all.jsonl') },
      hyperparameters: { nEpochs: 1, batchSize: 2, learningRateMultiplier: 0.2, seed: 1 },
    })

  it('forgets all that were made for this where the machine lets none begin', async () => {
    const runs = [await create(), await create()]
    await mkdir(join(store.directory(runs[0]!.id), 'train.lock'))
    const { signal } = new AbortController()
    const outcomes = trainRuns({ store, provider, runs, fresh: true, signal })
    expect((await failure(outcomes.next())).code).to.equal('EISDIR')
    expect(await store.list()).to.deep.equal([])
  })

  for (const fresh of [true, false]) {
    it(`${fresh ? 'forgets' : 'keeps'} one that cannot begin, ${fresh ? 'as' : 'unless'} it was made for this`, async () => {
      const runs = [await create(), await create()]
      const outcomes = []
      {
        await using _held = await acquireLock(join(store.directory(runs[0]!.id), 'train.lock'))
        const { signal } = new AbortController()
        for await (const outcome of trainRuns({ store, provider, runs, fresh, signal }))
          outcomes.push(outcome)
      }
      expect(outcomes.map(({ error }) => error?.code)).to.deep.equal(['LOCKED', undefined])
      const left = (await store.list()).map(({ id, status }) => [id, status])
      const trained = [runs[1]!.id, 'succeeded']
      expect(left).to.have.deep.members(fresh ? [trained] : [[runs[0]!.id, 'pending'], trained])
    })
  }
})
