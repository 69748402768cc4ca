import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { writeFakePython } from '../helpers/fake-python/fake-python.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { FIXTURES } from '../unit/engine/pretrained/fixtures.ts'

const RUN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const KILLS = 20
/** A command takes about a second: its kills are spread over that. */
const BETWEEN_MS = 60

describe('a command that hands over a training and is killed', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trl-kill-'))
  })
  after(() => rm(folder, { recursive: true, maxRetries: 20, retryDelay: 100 }))

  it('leaves one job for each run, whenever it is killed', async () => {
    const dataset = join(folder, 'tiny')
    await writeTinyDataset(dataset)
    const python = await writeFakePython(join(folder, 'bin'), { stepMs: 1 })
    const store = new RunStore(join(folder, 'home'))
    const env = { ...process.env, REVERSAL_HOME: store.home, REVERSAL_PYTHON: python, HF_HUB_OFFLINE: '1' }
    const command = (...argv: string[]) =>
      spawn(process.execPath, [RUN, ...argv], { cwd: folder, env, stdio: 'ignore' })
    const begin = ['finetune:start', '--provider', 'trl', '--model-name', join(FIXTURES, 'llama')]

    for (let kill = 1; kill <= KILLS; kill++) {
      const child = command(...begin, '--dataset-name', dataset, '--batch-size', '3', '--n-epochs', '5')
      const ended = once(child, 'close')
      await setTimeout(kill * BETWEEN_MS)
      child.kill('SIGKILL')
      await ended
    }

    const runs = await store.list()
    // Those of the last kills were recorded at least.
    expect(runs).to.have.length.above(0)
    for (const { id } of runs) {
      const resumed = command('finetune:resume', id)
      await once(resumed, 'close')
      const again = command('finetune:resume', id)
      await once(again, 'close')
      const watched = command('finetune:watch', id)
      const [code] = await once(watched, 'close')
      expect(code, id).to.equal(0)
      const run = await store.get(id)
      expect(run).to.deep.include({ status: 'succeeded' })
      const starts = (await readFile(join(requestOf(run).folder, 'starts.txt'), 'utf8')).trim().split('\n')
      expect(starts, id).to.have.length(1)
      const steps = (await store.events(id)).filter(({ type }) => type === 'step').map(({ step }) => step)
      expect(steps).to.deep.equal([1, 2, 3, 4, 5])
    }
    expect((await readdir(join(store.home, 'runs'))).sort()).to.deep.equal(runs.map(({ id }) => id).sort())
  })
})
