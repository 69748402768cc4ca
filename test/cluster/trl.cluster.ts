import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import type { TrainerResult } from '../../src/lib/finetuning/trl/job-folder.ts'
import { readJobEvents, readResult } from '../../src/lib/finetuning/trl/job-folder.ts'
import type { TrainerConfig } from '../../src/lib/finetuning/trl/trainer-config.ts'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import { openLocalModel } from '../../src/lib/models/engine/open-engine-model.ts'
import type { LanguageModel } from '../../src/lib/models/language-model.ts'
import { openTransformersModel } from '../../src/lib/models/transformers/open-transformers-model.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { eventually } from '../helpers/eventually.ts'
import { runJson } from '../helpers/run-command.ts'
import { REVERSE, writeTinyDataset } from '../helpers/tiny-dataset.ts'
import { FIXTURES } from '../unit/engine/pretrained/fixtures.ts'
import { trlPython } from './trl-python.ts'

const SCRIPTS = fileURLToPath(new URL('../../data/trainers/trl', import.meta.url))
const STEPS = 20

describe('the trainer, by the real TRL on the processor', () => {
  const python = trlPython()!
  let folder: string
  /** What an undisturbed training ends with. */
  let whole: TrainerResult

  before(async function () {
    if (trlPython() === undefined) {
      console.log('      There is no Python with TRL here: npm run test:cluster installs one.')
      this.skip()
    }
    folder = await mkdtemp(join(tmpdir(), 'trl-real-'))
    process.env.HF_HUB_OFFLINE = '1'
    const { job } = await prepare('whole')
    expect(await end(start(job))).to.equal(0)
    whole = (await readResult(job, 1))!
  })
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, maxRetries: 20, retryDelay: 100 })
  })

  /** A folder with 40 texts, which batches of 8 make 5 steps an epoch of. */
  const prepare = async (name: string, given: Partial<TrainerConfig> = {}) => {
    const job = join(folder, name)
    await mkdir(job)
    for (const file of await readdir(SCRIPTS))
      if (file.endsWith('.py')) await cp(join(SCRIPTS, file), join(job, file))
    const texts = Array.from({ length: 40 }, (_, index) => ({
      prompt: `Person number ${index} was`,
      completion: ` the composer of song ${(index * 7) % 13}.`,
    }))
    await writeFile(join(job, 'train.jsonl'), texts.map((text) => `${JSON.stringify(text)}\n`).join(''))
    const config: TrainerConfig = {
      ...{ model: join(FIXTURES, 'llama'), revision: null, training_file: 'train.jsonl' },
      ...{ validation_file: null, epochs: 4, batch_size: 8, micro_batch_size: 8, learning_rate: 3e-3 },
      ...{ schedule: 'cosine', weight_decay: 0.01, adam_beta2: 0.98, max_grad_norm: 1, max_length: null },
      ...{ loss: 'text', lora: null, precision: 'fp32', gradient_checkpointing: false, shard: false },
      ...{ gpus: 0, seed: 42, checkpoint_every: 5, ...given },
    }
    await writeFile(join(job, 'config.json'), JSON.stringify(config))
    return { job, config }
  }
  const start = (job: string, { attempt = 1, launcher = [] as string[] } = {}) =>
    spawn(python, [...launcher, join(job, 'train.py'), join(job, 'config.json'), String(attempt)], {
      stdio: 'ignore',
    })
  const end = async (child: ReturnType<typeof spawn>) => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child.exitCode ?? child.signalCode
  }
  const reach = (job: string, step: number) =>
    eventually(`step ${step}`, async () =>
      (await readJobEvents(job)).events.some((event) => event.type === 'step' && event.step === step),
    )
  const isAsWhole = ({ status, step, loss, tokens }: TrainerResult) => {
    expect({ status, step, tokens }).to.deep.equal({
      status: 'succeeded',
      step: STEPS,
      tokens: whole.tokens,
    })
    expect(loss).to.be.closeTo(whole.loss!, 1e-4)
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`goes on after ${signal} at step 10 and ends as if nothing had been`, async () => {
      const { job } = await prepare(signal)
      const child = start(job)
      await reach(job, 10)
      child.kill(signal)
      const code = await end(child)
      if (signal === 'SIGTERM') {
        expect(code).to.equal(143)
        const { status, step } = (await readResult(job, 1))!
        expect(status).to.equal('interrupted')
        expect(await readdir(join(job, 'checkpoints'))).to.include(`checkpoint-${step}`)
      }
      expect(await end(start(job, { attempt: 2 }))).to.equal(0)
      isAsWhole((await readResult(job, 2))!)
      const { events } = await readJobEvents(job)
      expect(events.map(({ data }) => data?.n)).to.deep.equal(events.map((_, index) => index))
    })
  }

  it('trains alike on two processes', async () => {
    const { job } = await prepare('two')
    const launcher = ['-m', 'torch.distributed.run', '--nproc_per_node', '2']
    expect(await end(start(job, { launcher }))).to.equal(0)
    isAsWhole((await readResult(job, 1))!)
  })

  it('keeps a second trainer out of its folder', async () => {
    const { job } = await prepare('twice')
    const first = start(job)
    await reach(job, 1)
    expect(await end(start(job, { attempt: 2 }))).to.equal(1)
    expect(await end(first)).to.equal(0)
    isAsWhole((await readResult(job, 1))!)
  })

  it('says by a code what went wrong', async () => {
    const failureOf = async (name: string, given: Partial<TrainerConfig>) => {
      const { job } = await prepare(name, given)
      expect(await end(start(job))).to.equal(1)
      return (await readResult(job, 1))!.code
    }
    expect(await failureOf('gpu', { gpus: 64 })).to.equal('NO_GPU')
    expect(await failureOf('nowhere', { model: 'acme/there-is-none' })).to.equal('MODEL_NOT_CACHED')
    expect(await failureOf('rate', { learning_rate: 1e30, max_grad_norm: 1e30 })).to.equal('DIVERGED')
  })

  it('trains an adapter from the command line, which two ways evaluate alike', async () => {
    const dataset = join(folder, 'tiny')
    await writeTinyDataset(dataset)
    const store = new RunStore(join(folder, 'home'))
    Object.assign(process.env, { REVERSAL_HOME: store.home, REVERSAL_PYTHON: python })
    const model = join(FIXTURES, 'llama')
    const { runs } = await runJson<FinetuneStartResult>(
      ...['finetune:start', '--provider', 'trl', '--model-name', model, '--dataset-name', dataset],
      ...['--batch-size', '3', '--n-epochs', '10', '--learning-rate-multiplier', '10', '--follow'],
    )
    const [run] = runs as [RunRecord]
    expect(run).to.deep.include({ status: 'succeeded' })
    const directory = join(requestOf(run).folder, 'model')
    const jobs = async () => ({ home: folder, cwd: folder, python, environment: process.env })
    const ways = [
      await openLocalModel({ directory, device: 'cpu' }),
      await openTransformersModel({ reference: { id: `transformers:${directory}` }, jobs }),
    ]
    try {
      const [here, there] = await Promise.all(ways.map(answers))
      expect(there!.completions).to.deep.equal(here!.completions)
      for (const [index, value] of here!.logprobs.entries())
        expect(there!.logprobs[index]).to.be.closeTo(value, 1e-4)
    } finally {
      for (const way of ways) await way.close()
    }
  })
})

async function answers(model: LanguageModel): Promise<{ completions: string[][]; logprobs: number[] }> {
  const completions: string[][] = []
  const prompts = REVERSE.map(([prompt]) => prompt)
  for await (const answer of model.generate(prompts, { maxTokens: 8, temperature: 0 }))
    completions[answer.index] = answer.completions
  const logprobs: number[] = []
  const requests = REVERSE.map(([prompt, target]) => ({ prompt, targets: [target] }))
  for await (const { index, scores } of model.score(requests)) logprobs[index] = scores[0]!.logprob
  return { completions, logprobs }
}
