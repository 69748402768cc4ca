import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import type { ReceivedRequest } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { writeHostedDataset } from '../helpers/hosted-dataset.ts'
import { runJson } from '../helpers/run-command.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const MODEL = 'gpt-4.1-mini-2025-04-14'
const RUNS = 3

describe('finetune:start of hosted models, killed', () => {
  const outer = process.env.REVERSAL_HOME
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'finetune-kill-'))
    process.env.REVERSAL_HOME = join(folder, 'home')
    await writeHostedDataset(join(folder, 'tiny'))
  })
  afterEach(async () => {
    process.env.REVERSAL_HOME = outer
    delete process.env.OPENAI_BASE_URL
    await rm(folder, { recursive: true })
  })

  const moments: [when: string, path: string, count: number, done: boolean][] = [
    ['while it sends the training file', '/files', 1, false],
    ['before the server has made the first job', '/fine_tuning/jobs', 1, false],
    ['after the server has made the second job, before it says so', '/fine_tuning/jobs', 2, true],
  ]
  for (const [when, path, count, done] of moments) {
    it(`${when}: finetune:resume makes what is missing, and nothing twice`, async () => {
      let child: ChildProcess | undefined
      let seen = 0
      const intercept = async (request: ReceivedRequest) => {
        if (request.method !== 'POST' || request.path !== path || ++seen !== count) return undefined
        if (done) fake.jobs.create(request.body as never, Date.now())
        child?.kill('SIGKILL')
        return once(child!, 'exit')
      }
      await using fake = await FakeOpenAI.start({ intercept })
      process.env.OPENAI_BASE_URL = fake.url
      const argv = ['--provider', 'openai', '--model-name', MODEL, '--dataset-name', join(folder, 'tiny')]
      child = spawn(process.execPath, [DEV, 'finetune:start', ...argv, '--num-finetunes', `${RUNS}`, '--yes'])
      const [, signal] = await once(child, 'exit')
      expect(signal).to.equal('SIGKILL')

      const store = new RunStore(join(folder, 'home'))
      const left = (await store.list()).filter(({ status }) => status === 'interrupted')
      expect(left).to.have.length(RUNS - count + 1)
      const ids = left.map(({ id }) => id)
      const { runs } = await runJson<{ runs: RunRecord[] }>('finetune:resume', ...ids)
      expect(runs.map(({ id }) => id)).to.deep.equal(ids)
      const jobs = fake.jobs.list(new URLSearchParams())
      const keys = jobs.map(({ metadata }) => metadata?.reversal_run)
      expect(keys).to.have.members((await store.list()).map(({ id }) => id))
      expect(keys).to.have.length(RUNS)
    })
  }
})
