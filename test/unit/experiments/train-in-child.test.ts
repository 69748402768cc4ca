import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { RunSelf } from '../../../src/lib/experiments/train-in-child.ts'
import { trainInChild } from '../../../src/lib/experiments/train-in-child.ts'
import type { RunRecord } from '../../../src/lib/schemas/run.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { failure } from '../../helpers/failure.ts'

describe('training in a process of its own', () => {
  let home: string
  let store: RunStore
  const run: RunRecord = {
    ...{ id: 'ft-abcd2345', provider: 'local', model: 'ada', status: 'pending', tags: [] },
    dataset: { name: 'first', training_file: '/data/first/all.jsonl' },
    hyperparameters: { n_epochs: 1, batch_size: 1, learning_rate_multiplier: 1, seed: 1 },
    ...{ created_at: '2026-11-25T22:00:00.000Z', tool_version: '0.1.0' },
  }
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'train-in-child-'))
    store = new RunStore(home)
    await store.save(run)
  })
  after(() => rm(home, { recursive: true }))

  const train = (exitCode: number | null, { aborted = false } = {}) => {
    const calls: Parameters<RunSelf>[] = []
    const runSelf: RunSelf = async (...call) => {
      calls.push(call)
      return exitCode
    }
    const signal = aborted ? AbortSignal.abort() : new AbortController().signal
    const work = trainInChild({ store, run, signal, runSelf, device: 'cpu', threads: 2 })
    return { work, calls }
  }

  it('goes on with the run by its ID, with the machine’s part that it was given', async () => {
    const { work, calls } = train(0)
    await work
    expect(calls[0]![0]).to.deep.equal(['finetune:resume', run.id, '--device', 'cpu', '--threads', '2'])
    expect(calls[0]![1].logFile).to.equal(join(store.directory(run.id), 'train.log'))
  })

  it('fails with the run’s own error, or names the log', async () => {
    expect((await failure(train(null).work)).message).to.match(
      /^its process ended early; .*train\.log says more$/,
    )
    await store.update(run.id, (own) => ({ ...own, status: 'failed', error: 'The loss is no number.' }))
    expect(await failure(train(1).work)).to.include({
      ...{ code: 'TRAINING_FAILED', message: 'The loss is no number.' },
    })
  })

  it('is interrupted where the signal aborts', async () => {
    expect((await failure(train(130, { aborted: true }).work)).code).to.equal('INTERRUPTED')
  })
})
