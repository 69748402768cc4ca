import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import { readModel } from '../../src/lib/engine/model-files.ts'
import { configurationOf } from '../../src/lib/evaluation/configuration.ts'
import { localDescriptor } from '../../src/lib/finetuning/local/local-descriptor.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { eventually } from '../helpers/eventually.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { startHalting } from '../helpers/start-halting.ts'
import { writeTinyDataset } from '../helpers/tiny-dataset.ts'

const DEV = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

describe('finetune', () => {
  const outer = process.env.REVERSAL_HOME
  let folder: string
  let dataset: string
  let store: RunStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'finetune-'))
    dataset = join(folder, 'tiny')
    await writeTinyDataset(dataset)
    process.env.REVERSAL_HOME = join(folder, 'home')
    store = new RunStore(join(folder, 'home'))
  })
  afterEach(async () => {
    process.env.REVERSAL_HOME = outer
    await rm(folder, { recursive: true })
  })

  const start = (...argv: string[]) =>
    runJson<FinetuneStartResult>('finetune:start', '--dataset_name', dataset, ...argv)
  const checksum = async (id: string) => (await readModel(join(store.directory(id), 'model'))).checksum

  /** Start the CLI as a process of its own that trains for a long time; resolves when it has begun. */
  async function startProcess(...argv: string[]) {
    const args = [DEV, 'finetune:start', '--dataset-name', dataset, ...argv]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const run = await eventually('a run under way', async () =>
      (await store.list()).find(({ progress, status }) => status === 'running' && progress!.step > 0),
    )
    return { child, run, stderr: () => stderr, exit: once(child, 'exit') as Promise<[number | null]> }
  }

  describe('finetune:start', () => {
    it('trains within a budget of tokens or operations, whose epochs it records', async () => {
      const { runs: plain } = await start('--n-epochs', '5', '--batch-size', '2')
      const tokens = plain[0]!.trained_tokens!
      const { runs, estimate } = await start('--token-budget', String(tokens), '--batch-size', '2')
      expect(runs[0]!.hyperparameters).to.include({ n_epochs: 5, token_budget: tokens })
      expect(runs[0]).to.include({ trained_tokens: tokens })
      expect(estimate).to.include({ tokens })
      expect(await checksum(runs[0]!.id)).to.equal(await checksum(plain[0]!.id))
      const budget = ['--token-budget', String(Math.round(tokens * 0.7)), '--batch-size', '2']
      const { runs: two } = await start(...budget, '--num-finetunes', '2')
      for (const run of two) {
        expect(run.hyperparameters.n_epochs).to.be.within(3.4, 3.6)
        expect(run.trained_tokens).to.be.within(tokens * 0.5, tokens * 0.7)
      }
      const flops = ['--compute-budget', '1e11', '--batch-size', '2', '--dry-run']
      const planned = await start(...flops)
      expect(planned.estimate.tokens).to.be.above(0)
      const both = await runCommand('finetune:start', '--token-budget', '9', '--n-epochs', '2')
      expect(both.error?.message).to.include('--token-budget')
      const hosted = await runCommand(
        ...['finetune:start', '--provider', 'openai', '--token-budget', '9', '--dataset-name', dataset],
      )
      expect(hosted.error?.message).to.equal(
        '--token-budget does not apply to openai: use it with --provider local.',
      )
    })

    it('lets completions or targets count alone, and records it', async () => {
      const few = ['--n-epochs', '2', '--batch-size', '2']
      const { runs: usual } = await start(...few)
      const { runs: all } = await start(...few, '--loss', 'all')
      expect(all[0]!.hyperparameters).to.deep.equal(usual[0]!.hyperparameters)
      expect(await checksum(all[0]!.id)).to.equal(await checksum(usual[0]!.id))
      const { runs: completion } = await start(...few, '--loss', 'completion')
      expect(completion[0]!.hyperparameters).to.include({ loss: 'completion' })
      expect(await checksum(completion[0]!.id)).to.not.equal(await checksum(usual[0]!.id))
      const file = join(folder, 'mine.jsonl')
      await writeFile(file, `${JSON.stringify({ prompt: 'A is', completion: ' B.' })}\n`)
      const { error } = await runCommand(
        ...['finetune:start', '--training-file', file, '--loss', 'target', ...few],
      )
      expect(error?.message).to.include('--loss target needs a data set')
      const odd = await runCommand(
        ...[
          'finetune:start',
          '--dataset-name',
          dataset,
          '--loss',
          'completion',
          '--objective',
          'masked-uniform',
        ],
      )
      expect(odd.error?.message).to.equal(
        '--objective masked-uniform learns all of each text: leave out --loss completion.',
      )
    })

    it('trains a model and records the run', async () => {
      const { runs, estimate } = await start(
        '--n_epochs',
        '4',
        '--batch_size',
        '2',
        '--suffix',
        'mine',
        '--tag',
        'eval',
      )
      const [run] = runs as [RunRecord]
      expect(run).to.deep.include({
        provider: 'local',
        model: 'ada',
        status: 'succeeded',
        tags: ['eval'],
        cost_usd: 0,
      })
      expect(run.fine_tuned_model).to.equal(`local/ada:mine:${run.id}`)
      expect(run.progress).to.include({ step: 8, total_steps: 8 })
      expect(estimate).to.include({ examples: 3, steps: 8 })
      expect(run.trained_tokens).to.equal(estimate.tokens)
      expect(run.dataset).to.include({ name: 'tiny', directory: dataset, n_train: 3, n_valid: 3 })
      const events = await store.events(run.id)
      expect(events.filter(({ type }) => type === 'step')).to.have.length(8)
      expect(events.filter(({ type }) => type === 'validation')).to.have.length(4)
      expect(await readdir(store.directory(run.id))).to.have.members(['events.jsonl', 'model', 'run.json'])
    })

    it('trains on another objective, which the run, the list and the report tell apart', async () => {
      const short = ['--n_epochs', '2', '--batch_size', '2']
      const usual = (await start(...short)).runs[0]!
      expect((await start(...short, '--objective', 'next-token')).runs[0]!.hyperparameters).to.deep.equal(
        usual.hyperparameters,
      )
      expect(Object.keys(usual.hyperparameters)).not.to.include('objective')
      expect((await runCommand('runs:list')).stdout).not.to.match(/objective/)
      const masked = (await start(...short, '--objective', 'masked-uniform')).runs[0]!
      // Masks are noise enough.
      expect(masked.hyperparameters).to.include({ objective: 'masked-uniform', dropout: 0 })
      expect(configurationOf({ run: masked })).not.to.equal(configurationOf({ run: usual }))
      expect((await readModel(join(store.directory(masked.id), 'model'))).config.objective).to.equal(
        'masked-uniform',
      )
      const { stdout } = await runCommand('runs:list')
      expect(stdout).to.match(/^run +model +tags +data set +objective +epochs/m)
      expect(stdout).to.match(new RegExp(`^${masked.id} .* tiny +masked-uniform +2 `, 'm'))
      expect(localDescriptor.flagsOf!(masked)).to.deep.equal({ objective: 'masked-uniform' })
    })

    it('makes several runs with consecutive seeds, which end differently', async () => {
      const words = ['--label', ' two seeds ']
      const { runs } = await start('--num_finetunes', '2', '--seed', '7', '--n_epochs', '1', ...words)
      expect(runs.map(({ label }) => label)).to.deep.equal(['two seeds', 'two seeds'])
      expect(runs.map(({ hyperparameters }) => hyperparameters.seed)).to.deep.equal([7, 8])
      expect(await checksum(runs[0]!.id)).not.to.equal(await checksum(runs[1]!.id))
    })

    it('says what it will do and what it has done', async () => {
      const { stdout, stderr } = await runCommand(
        'finetune:start',
        '--dataset-name',
        dataset,
        '--n-epochs',
        '1',
      )
      expect(stderr).to.match(
        /^ada on tiny: 1 epoch, batch size 16, learning-rate multiplier 0\.2, seed 42\n3 examples, /,
      )
      expect(stderr).to.match(/^Training ft-\w{8}: 1\/1, loss \d\.\d{3}, [\d,]+ tokens\/s$/m)
      expect(stdout).to.match(
        /^Trained ft-\w{8}: the model is local\/ada:ft-\w{8}, loss .*\nEvaluate it: reversal eval:run ft-/,
      )
    })

    it('makes nothing with --dry-run', async () => {
      const planned = await start('--dry-run')
      expect(planned.runs).to.deep.equal([])
      expect(planned.epochs_reason).to.match(/^The data set is small: 400 epochs instead of 10/)
      const { stderr } = await runCommand('finetune:start', '--dataset-name', dataset, '--dry-run')
      expect(stderr.replace(/\s+/g, ' '))
        .to.include('ada on tiny: 400 epochs, ')
        .and.to.include('The data set is small: 400 epochs instead of 10, to train for 400 steps')
        .and.to.include('--n-epochs sets another number.')
      expect(await store.list()).to.deep.equal([])
    })

    it('trains on a file of the user’s own', async () => {
      const file = join(folder, 'own.jsonl')
      await writeFile(file, '{"prompt": "a", "completion": " b"}\n')
      const { runs } = await runJson<FinetuneStartResult>(
        'finetune:start',
        '--training-file',
        file,
        '--n-epochs',
        '1',
      )
      expect(runs[0]?.dataset).to.deep.include({ name: 'own.jsonl', training_file: file, n_train: 1 })
    })

    it('goes on in the background with --detach, where finetune:watch follows it', async () => {
      const { runs } = await start('--detach', '--n-epochs', '3', '--num-finetunes', '2')
      const watched = await runJson<{ run: RunRecord }>('finetune:watch', runs[1]!.id)
      expect(watched.run).to.include({ id: runs[1]!.id, status: 'succeeded' })
      expect((await store.get(runs[0]!.id)).status).to.equal('succeeded')
      expect(await readFile(join(store.directory(runs[0]!.id), 'train.log'), 'utf8')).to.include(
        'Trained ft-',
      )
    })

    it('keeps a checkpoint and tells how to go on when it is interrupted', async () => {
      const { child, run, stderr, exit } = await startProcess('--n-epochs', '100000')
      child.kill('SIGINT')
      expect((await exit)[0]).to.equal(EXIT.interrupted)
      const [, step = ''] =
        /Interrupted after step (\d+) of 100000; a checkpoint is saved\./.exec(stderr()) ?? []
      expect(stderr()).to.include(`reversal finetune:resume ${run.id}`)
      expect((await store.get(run.id)).status).to.equal('interrupted')
      expect(await readdir(join(store.directory(run.id), 'checkpoints'))).to.include(
        `step-${step.padStart(8, '0')}.safetensors`,
      )
    })

    it('marks the run failed where its loss explodes, and lets the other seeds go on', async () => {
      const argv = [
        'finetune:start',
        '--dataset-name',
        dataset,
        '--n-epochs',
        '30',
        '--learning-rate-multiplier',
        '4000',
      ]
      const one = await runCommand(...argv)
      expect(one.error?.message).to.match(/^The training diverged: /)
      expect(one.error?.oclif?.exit).to.equal(EXIT.failed)
      const [failed] = await store.list()
      expect(failed).to.include({ status: 'failed', error: one.error?.message })
      const two = await runJson<FinetuneStartResult>(...argv, '--num-finetunes', '2')
      expect(two.failures).to.have.length(2)
    })

    describe('refuses with one sentence and exit 2, and records no run:', () => {
      afterEach(async () => expect(await store.list()).to.deep.equal([]))
      const refuse = async (...argv: string[]) => {
        const { error } = await runCommand('finetune:start', ...argv)
        expect(error?.oclif?.exit).to.equal(EXIT.usage)
        return error?.message
      }
      it('an unknown model or provider, with the nearest', async () => {
        expect(await refuse('--dataset-name', dataset, '--model-name', 'adda')).to.equal(
          'There is no local model adda. Did you mean ada?',
        )
        expect(await refuse('--dataset-name', dataset, '--provider', 'locl')).to.equal(
          'There is no provider locl. Did you mean local?',
        )
      })
      it('an objective for a part of each text', async () => {
        const part = ['--objective', 'masked-uniform', '--loss', 'completion']
        expect(await refuse('--dataset-name', dataset, ...part)).to.equal(
          '--objective masked-uniform learns all of each text: leave out --loss completion.',
        )
      })
      it('nothing to train on', async () => {
        expect(await refuse('--dataset-name', 'nowhere')).to.match(/^There is no data set nowhere/)
        expect(await refuse('--training-file', 'nowhere.jsonl')).to.equal('There is no file nowhere.jsonl.')
      })
      it('a training file that is empty, cut off, binary or of another kind, with its line', async () => {
        const file = join(folder, 'bad.jsonl')
        const contents = {
          '': 'bad.jsonl:1 is missing: the file is empty.',
          '{"prompt": "a", "comp': 'bad.jsonl:1 is not a whole JSON value.',
          '{"prompt": "a", "completion": "b"}\n{"text": "c"}\n':
            'bad.jsonl:2 is invalid: "prompt" is missing.',
        }
        for (const [content, message] of Object.entries(contents)) {
          await writeFile(file, content)
          expect(await refuse('--training-file', file)).to.equal(join(folder, message))
        }
        await writeFile(file, Buffer.from([0x7b, 0xff, 0xfe, 0x0a]))
        expect(await refuse('--training-file', file)).to.match(/bad\.jsonl:1 is not UTF-8 text\.$/)
      })
      it('a multiplier, an epoch count or a suffix out of range', async () => {
        const ranged = ['--dataset-name', dataset]
        expect(await refuse(...ranged, '--learning-rate-multiplier', '0')).to.match(/above 0/)
        expect(await refuse(...ranged, '--n-epochs', '0')).to.match(/ to be an integer of at least 1\.$/)
        expect(await refuse(...ranged, '--label', ' ')).to.match(/^The label is invalid/)
        expect(await refuse(...ranged, '--suffix', 'a b')).to.match(/^The suffix a b is invalid/)
      })
    })
  })

  describe('finetune:resume', () => {
    it('ends with the weights of a run that was never stopped, also after kill -9', async () => {
      const argv = ['--n-epochs', '30', '--batch-size', '3', '--checkpoint-every', '10']
      const whole = (await start(...argv)).runs[0]!
      const begin = ['finetune:start', '--dataset-name', dataset, ...argv]
      const { child, exit } = await startHalting({ at: /step-00000020\.safetensors$/ }, ...begin)
      child.kill('SIGKILL')
      await exit
      const run = (await store.list()).find(({ id }) => id !== whole.id)!
      expect(run.status).to.equal('interrupted')
      const { runs } = await runJson<{ runs: RunRecord[] }>('finetune:resume', run.id)
      expect(runs[0]).to.include({ status: 'succeeded', trained_tokens: whole.trained_tokens! })
      expect(await checksum(run.id)).to.equal(await checksum(whole.id))
      const steps = (await store.events(run.id)).filter(({ type }) => type === 'step').map(({ step }) => step)
      expect(steps).to.deep.equal([...new Set(steps)])
      expect(steps.at(-1)).to.equal(30)
    })

    it('says in one sentence that no checkpoint is whole', async () => {
      const { child, run, exit } = await startProcess('--n-epochs', '100000', '--checkpoint-every', '5')
      const folder = join(store.directory(run.id), 'checkpoints')
      const names = async () =>
        (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.safetensors'))
      await eventually('a second run', async () => (await names())[1])
      child.kill('SIGKILL')
      await exit
      for (const name of await names()) await truncate(join(folder, name), 1000)
      const { error } = await runCommand('finetune:resume', run.id)
      expect(error?.message).to.match(
        /^Every checkpoint in .*checkpoints is damaged \(step-\d{8}\.safetensors/,
      )
      expect(error?.oclif?.exit).to.equal(EXIT.failed)
    })

    it('refuses a run that has ended, that another process trains, or whose file has changed', async () => {
      const done = (await start('--n-epochs', '1')).runs[0]!
      expect((await runCommand('finetune:resume', done.id)).error?.message).to.equal(
        `The run ${done.id} has succeeded: there is nothing to resume.`,
      )
      const { child, run, exit } = await startProcess('--n-epochs', '100000')
      const { error } = await runCommand('finetune:resume', run.id)
      expect(error?.message).to.match(
        new RegExp(
          `^${store.directory(run.id)} is in use by process ${child.pid} on ${run.process!.host} since .* UTC: wait until it ends, or stop it\\.$`,
        ),
      )
      expect(error?.oclif?.exit).to.equal(EXIT.usage)
      child.kill('SIGINT')
      await exit
      await appendFile(join(dataset, 'all.jsonl'), '{"prompt": "x", "completion": " y"}\n')
      const changed = await runCommand('finetune:resume', run.id)
      expect(changed.error?.message).to.match(
        /all\.jsonl has changed since the run ft-\w+ was started with it\.$/,
      )
    })
  })

  describe('finetune:cancel', () => {
    it('cancels a running run and keeps its checkpoints', async () => {
      const { run, stderr, exit } = await startProcess('--n-epochs', '100000')
      const { stdout } = await runCommand('finetune:cancel', run.id)
      expect(stdout).to.equal(`Cancelled ${run.id}.\n`)
      expect((await exit)[0]).to.equal(EXIT.failed)
      expect(stderr()).to.include(`The run ${run.id} was cancelled.`)
      expect((await store.get(run.id)).status).to.equal('cancelled')
      expect(await readdir(join(store.directory(run.id), 'checkpoints'))).to.not.be.empty
      const again = await runCommand('finetune:cancel', run.id)
      expect(again.error?.message).to.equal(
        `The run ${run.id} has ended (cancelled): there is nothing to cancel.`,
      )
    })

    it('leaves a process alone that has the pid of one that was killed', async () => {
      const { child, run, exit } = await startProcess('--n-epochs', '100000')
      child.kill('SIGKILL')
      await exit
      const innocent = spawn(process.execPath, ['-e', 'console.log(0); setInterval(() => {}, 1000)'])
      await once(innocent.stdout, 'data')
      try {
        const { host, ...rest } = run.process!
        const records = [
          { ...rest, host },
          { host: 'another-machine', ...rest },
          { host }, // as earlier versions wrote it
        ]
        for (const record of records) {
          await store.save({ ...run, process: { ...record, pid: innocent.pid! } })
          expect((await store.get(run.id)).status).to.equal('interrupted')
          expect((await runCommand('finetune:cancel', run.id)).stdout).to.equal(`Cancelled ${run.id}.\n`)
          expect((await store.get(run.id)).status).to.equal('cancelled')
        }
        await setTimeout(200)
        expect([innocent.exitCode, innocent.signalCode]).to.deep.equal([null, null])
      } finally {
        innocent.kill('SIGKILL')
      }
    })

    it('stops one of several runs and leaves the others to be trained', async () => {
      const { run, exit } = await startProcess('--n-epochs', '100000', '--num-finetunes', '2')
      await runCommand('finetune:cancel', run.id)
      const other = await eventually('the second run under way', async () =>
        (await store.list()).find(({ id, status }) => id !== run.id && status === 'running'),
      )
      await runCommand('finetune:cancel', other.id)
      expect((await exit)[0]).to.equal(EXIT.failed)
      expect((await store.list()).map(({ status }) => status)).to.deep.equal(['cancelled', 'cancelled'])
    })

    it('lets go of a run whose process died on a machine of another name', async () => {
      const { child, run, exit } = await startProcess('--n-epochs', '100000')
      child.kill('SIGKILL')
      await exit
      const gone = { pid: 1, host: 'pod-7f' }
      await store.save({ ...run, process: gone })
      const lock = join(store.directory(run.id), 'train.lock')
      await writeFile(lock, JSON.stringify(gone))
      expect((await store.get(run.id)).status).to.equal('running')
      const refused = await runCommand('finetune:resume', run.id)
      expect(refused.error?.message).to.match(
        /in use by process 1 on pod-7f: .* if it is gone, the lock is free in/,
      )
      await utimes(lock, 0, 0)
      expect((await store.get(run.id)).status).to.equal('interrupted')
      expect((await runCommand('runs:delete', run.id, '--yes')).stdout).to.equal(`Deleted ${run.id}.\n`)
    })
  })

  describe('finetune:estimate', () => {
    it('says examples, tokens, steps and time, and makes nothing', async () => {
      const argv = ['finetune:estimate', '--dataset-name', dataset, '--n-epochs', '5', '--num-finetunes', '3']
      const { runs, estimate } = await runJson<{ runs: number; estimate: FinetuneStartResult['estimate'] }>(
        ...argv,
      )
      expect(runs).to.equal(3)
      expect(estimate).to.include({ examples: 3, steps: 5, costUsd: 0 })
      expect(estimate.tokens).to.equal(5 * estimate.tokensPerEpoch)
      expect(estimate.durationS).to.be.above(0)
      const { stdout } = await runCommand(...argv)
      expect(stdout).to.match(
        /seeds 42 to 44\n3 examples, \d+ tokens per epoch, 5 steps, about [\d.]+ s each\n$/,
      )
      expect(await store.list()).to.deep.equal([])
    })

    it('takes the speed of an earlier run', async () => {
      const { runs } = await start('--n-epochs', '3')
      const { estimate } = await start('--dry-run', '--n-epochs', '3')
      expect(estimate.durationS).to.equal(estimate.tokens / runs[0]!.progress!.tokens_per_second!)
    })
  })
})
