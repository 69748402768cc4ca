import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { ApiError } from '../helpers/fake-openai/api-error.ts'
import type { FakeOpenAIOptions } from '../helpers/fake-openai/server.ts'
import { FakeOpenAI } from '../helpers/fake-openai/server.ts'
import { FakeSparql } from '../helpers/fake-sparql.ts'
import { FAKE_KEY, FakeWandb } from '../helpers/fake-wandb/server.ts'
import { writeHostedDataset } from '../helpers/hosted-dataset.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const MODEL = 'gpt-4.1-mini-2025-04-14'
/** Longer than any test. */
const LATER = { 'retry-after': '1800' }

/** A run as its own process would have written it. */
const RUNNING: RunRecord = {
  ...{ id: 'ft-running1', provider: 'local', model: 'ada', status: 'running', tags: ['eval'] },
  dataset: { name: 'small', directory: '/nowhere', training_file: '/nowhere/all.jsonl' },
  hyperparameters: { n_epochs: 10, batch_size: 16, learning_rate_multiplier: 0.2, seed: 1 },
  ...{ created_at: '2026-11-24T09:30:00.000Z', tool_version: '0.0.0', progress: { step: 1, total_steps: 9 } },
}

/** Servers that let everybody wait, and how one knows that a command does. */
interface Waiting extends AsyncDisposable {
  argv: string[]
  env?: NodeJS.ProcessEnv
  /** Whether the command has come to its wait. */
  waits: (child: { stderr: string }) => boolean
}

async function hosted(argv: string[], options: FakeOpenAIOptions): Promise<Waiting> {
  const server = await FakeOpenAI.start(options)
  return {
    argv,
    env: { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: server.url },
    waits: () => server.requests.length > 0,
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

const throttled: FakeOpenAIOptions = {
  intercept: () => {
    throw new ApiError(429, 'Later.', { headers: LATER })
  },
}

async function throttledWandb(argv: string[]): Promise<Waiting> {
  const fake = await new FakeWandb().start()
  fake.faults.plan({ on: 'any', times: 99, fault: { status: 429, headers: { 'retry-after': '100' } } })
  return {
    argv: [...argv, '--wandb-entity', 'ada', '--wandb-project', 'reversal'],
    env: { WANDB_BASE_URL: fake.url, WANDB_API_KEY: FAKE_KEY },
    waits: () => fake.faults.met > 0,
    [Symbol.asyncDispose]: () => fake.stop(),
  }
}

describe('the first signal', () => {
  let home: string
  let dataset: string

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'interrupt-'))
    dataset = join(home, 'data', 'small')
    await mkdir(dataset, { recursive: true })
    await writeHostedDataset(dataset)
    await new RunStore(home).save(RUNNING)
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  /** Start a command, signal it once in its wait, and give back how it ended. */
  async function interrupted({ argv, env, waits }: Waiting, signal: NodeJS.Signals) {
    const child: ChildProcess = spawn(process.execPath, [DEV, ...argv], {
      cwd: home,
      env: { ...process.env, REVERSAL_HOME: home, REVERSAL_CACHE_DIR: join(home, 'cache'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const seen = { stderr: '' }
    child.stderr!.on('data', (chunk) => {
      seen.stderr += chunk
    })
    const output = text(child.stdout!)
    const ended = once(child, 'exit')
    while (!waits(seen) && child.exitCode === null) await setTimeout(20)
    // What was waited for has come, or its answer is on its way.
    await setTimeout(300)
    expect(child.exitCode, `${await Promise.race([output, ''])}${seen.stderr}`).to.equal(null)
    child.kill(signal)
    // A command that goes on is a failure of this test, and is not to outlive it. What it waits for comes later still.
    const [status] = await Promise.race([ended, setTimeout(90_000, ['it did not end'], { ref: false })])
    child.kill('SIGKILL')
    await output
    return { status, stderr: seen.stderr }
  }

  const evaluate = (...more: string[]) => ['eval:run', '--model-id', MODEL, '--dataset', dataset, ...more]
  const WAITS: Record<string, () => Promise<Waiting>> = {
    'of an evaluation for the canary': () => hosted(evaluate('--api', 'completions'), throttled),
    'of an evaluation for an answer that does not come': () =>
      hosted(evaluate('--api', 'completions'), { faults: { silent: 1 } }),
    'of a test of celebrities for the canary': () =>
      hosted(['celebs:test', '--model-name', 'davinci-002', '--yes', '--output', 'out.csv'], throttled),
    'of an evaluation for its batches': () => hosted(evaluate('--batch'), { batches: { looks: 1000 } }),
    'of an estimate for what the server says of a model': () =>
      hosted(
        [
          'finetune:estimate',
          '--provider',
          'openai',
          '--model-name',
          MODEL,
          '--training-file',
          join(dataset, 'all.jsonl'),
        ],
        throttled,
      ),
    'of a start for the server': () =>
      hosted(
        [
          'finetune:start',
          '--provider',
          'openai',
          '--model-name',
          MODEL,
          '--training-file',
          join(dataset, 'all.jsonl'),
        ],
        throttled,
      ),
    'of a list for a server': () => hosted(['runs:list', '--remote', '--all'], throttled),
    'of a watch for a local run': async () => ({
      argv: ['finetune:watch', RUNNING.id],
      waits: ({ stderr }) => stderr.includes(`Watching ${RUNNING.id} (running)`),
      async [Symbol.asyncDispose]() {},
    }),
    'of a crawl for its endpoint': async () => {
      const server = await new FakeSparql([]).start()
      server.faults.push((response) => response.writeHead(429, { 'retry-after': '500' }).end())
      return {
        argv: ['celebs:crawl', '--endpoint', server.url, '--output-dir', 'out'],
        waits: ({ stderr }) => /answers 429\. Continuing in 8 min 20 s\./.test(stderr),
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      }
    },
    'of a list for Weights & Biases': () => throttledWandb(['runs:list', '--all']),
    'of a sync for Weights & Biases': () => throttledWandb(['runs:sync', RUNNING.id]),
  }

  for (const [wait, open] of Object.entries(WAITS)) {
    for (const [signal, exit] of [
      ['SIGINT', EXIT.interrupted],
      ['SIGTERM', EXIT.terminated],
    ] as const) {
      it(`ends the wait ${wait}: ${signal}`, async () => {
        await using waiting = await open()
        const { status, stderr } = await interrupted(waiting, signal)
        const resumes = /^ of an? (?:evaluation|test|crawl|sync) /.test(` ${wait}`)
        expect(status, stderr).to.equal(exit)
        expect(stderr)
          .to.match(/Interrupted/)
          .and.not.match(/a bug of reversal|Error:/)
        if (resumes)
          expect(stderr).to.match(/Interrupted[^\n]*\.\nTry this: to resume, run the same command again\n/)
      })
    }
  }
})
