import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import type { FinetuneSweepResult } from '../../src/commands/finetune/sweep.ts'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import type { RunStore } from '../../src/lib/tracking/run-store.ts'
import { eventually } from '../helpers/eventually.ts'
import { setBehaviour } from '../helpers/fake-python/fake-python.ts'
import { setSlurm, takenJobs, writeFakeSlurm } from '../helpers/fake-slurm/fake-slurm.ts'
import { keepEnvironment } from '../helpers/keep-environment.ts'
import { runJson } from '../helpers/run-command.ts'
import { clusterRuns, TrlBench } from '../helpers/trl-bench.ts'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const NAMES = ['REVERSAL_HOME', 'REVERSAL_PYTHON', 'HF_HUB_OFFLINE', 'PATH', 'FAKE_DISK', 'HF_TOKEN']

describe('fine-tuning by TRL on Slurm', () => {
  const restoreEnvironment = keepEnvironment(NAMES)
  const { given, sized, steps, start, watch, losses, refusal } = clusterRuns('slurm', () => bench)
  const path = process.env.PATH
  let bench: TrlBench
  let folder: string
  let python: string
  let slurm: string
  let store: RunStore

  beforeEach(async () => {
    bench = await TrlBench.create()
    ;({ folder, python, store } = bench)
    slurm = join(folder, 'slurm')
    const bin = await writeFakeSlurm(slurm)
    Object.assign(process.env, {
      REVERSAL_HOME: store.home,
      REVERSAL_PYTHON: python,
      HF_HUB_OFFLINE: '1',
      HF_TOKEN: 'hf-of-this-test',
      FAKE_DISK: join(folder, 'disk'),
      PATH: `${bin}:${path}`,
    })
  })
  afterEach(async () => {
    restoreEnvironment()
    await bench.remove()
  })

  it('submits one job, follows it when Slurm has forgotten it, and tells it no secret', async () => {
    await setSlurm(slurm, { machines: '2|gpu:a100:4(S:0-1)\n8|(null)' })
    const flags = ['--gpus', '4', '--nodes', '2', '--time', '04:00:00', '--partition', 'main']
    const { id } = await start(...flags, '--batch-size', '8', '--n-epochs', '30')
    const run = await watch(id)
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    expect(await losses(id)).to.deep.equal(steps)
    const [job, ...others] = await takenJobs(slurm)
    expect(others).to.deep.equal([])
    for (const directive of [
      ...[`job-name=reversal-${id}-1`, `comment=reversal:${id}-1`, 'nodes=2', 'ntasks-per-node=4'],
      ...['gpus-per-node=4', 'time=04:00:00', 'partition=main', 'signal=TERM@120', 'requeue'],
    ])
      expect(job!.script).to.contain(`#SBATCH --${directive}\n`)
    expect(job!.environment).to.not.have.property('HF_TOKEN')
  })

  it('finds the job whose submission was not answered', async () => {
    await setSlurm(slurm, { unanswered: true })
    const { id } = await start()
    expect(await watch(id)).to.deep.include({ status: 'succeeded' })
    expect(await takenJobs(slurm)).to.have.length(1)
  })

  it('finds the job of a command that was killed before it knew of it', async () => {
    await setSlurm(slurm, { killsCaller: true })
    const child = spawn(process.execPath, [CLI, 'finetune:start', ...given(), ...sized([])], {
      stdio: 'ignore',
    })
    await once(child, 'exit')
    expect(child.signalCode).to.equal('SIGKILL')
    const [{ id }] = (await store.list()) as [RunRecord]
    await setSlurm(slurm, {})
    await eventually('the job', async () => (await takenJobs(slurm)).length === 1)
    await runJson('finetune:resume', id).catch(() => {})
    const run = await watch(id)
    expect(run).to.deep.include({ status: 'succeeded' })
    expect(requestOf(run).attempt).to.equal(1)
    expect(await takenJobs(slurm)).to.have.length(1)
  })

  it('goes on from a checkpoint in the next attempt, where the job was killed', async () => {
    await setBehaviour(python, { diesAt: 13 })
    const { id } = await start('--checkpoint-every', '5')
    const killed = await watch(id)
    expect(killed).to.deep.include({ status: 'interrupted' })
    expect(killed.error).to.contain('SIGKILL')
    await runJson('finetune:resume', id)
    const run = await watch(id)
    expect(run).to.deep.include({ status: 'succeeded' })
    expect(await losses(id)).to.deep.equal(steps)
    expect(await takenJobs(slurm)).to.have.length(2)
  })

  it('stops a job that runs with a checkpoint, and takes one that waits out of the queue', async () => {
    await setBehaviour(python, { holdsAt: 3 })
    const { id } = await start()
    await eventually('the third step', async () => {
      await runJson('runs:list')
      return (await store.get(id)).progress?.step === 3
    })
    await runJson('finetune:cancel', id)
    const cancelled = await store.get(id)
    expect(cancelled.status).to.equal('cancelled')
    expect(await readdir(join(requestOf(cancelled).folder, 'checkpoints'))).to.have.length(1)

    await setSlurm(slurm, { waits: true })
    const waiting = await start()
    expect(waiting).to.deep.include({ status: 'queued', server_status: 'PENDING' })
    await runJson('finetune:cancel', waiting.id)
    expect((await store.get(waiting.id)).status).to.equal('cancelled')
  })

  it('submits several seeds as one array, whose tasks are runs of their own', async () => {
    await setBehaviour(python, { diesAt: 13 })
    const flags = ['--num-finetunes', '3', '--checkpoint-every', '5', '--batch-size', '1']
    const { runs } = await runJson<FinetuneStartResult>('finetune:start', ...given(), ...flags)
    expect(await takenJobs(slurm)).to.have.length(1)
    const script = (await takenJobs(slurm))[0]!.script
    expect(script).to.contain('#SBATCH --array=0-2\n')
    expect(new Set(runs.map((run) => run.hyperparameters.seed)).size).to.equal(3)
    for (const { id } of runs) {
      const killed = await watch(id)
      expect(killed).to.deep.include({ status: 'interrupted' })
      expect(killed.error).to.contain('SIGKILL')
    }
    // The next attempt of one is a job of its own.
    const [, { id }] = runs as [RunRecord, RunRecord, RunRecord]
    await runJson('finetune:resume', id)
    const run = await watch(id)
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    expect(requestOf(run)).to.deep.include({ attempt: 2 })
    expect(await losses(id)).to.deep.equal(steps)
    const [, second] = await takenJobs(slurm)
    expect(second!.script).to.contain(`#SBATCH --job-name=reversal-${id}-2\n`)
  })

  it('cancels one task of an array that waits, and leaves the others, by the JSON of a new Slurm', async () => {
    await setSlurm(slurm, { version: '24.05.1', accounts: true, waits: true })
    const { runs } = await runJson<FinetuneStartResult>(
      ...['finetune:start', ...given(), '--num-finetunes', '3'],
    )
    expect(runs.map(({ status }) => status)).to.deep.equal(['queued', 'queued', 'queued'])
    await runJson('finetune:cancel', runs[1]!.id)
    await runJson('runs:list')
    const now = await Promise.all(runs.map(async ({ id }) => (await store.get(id)).status))
    expect(now).to.deep.equal(['queued', 'cancelled', 'queued'])
  })

  it('finds the array whose submission was not answered', async () => {
    await setSlurm(slurm, { unanswered: true })
    const { runs } = await runJson<FinetuneStartResult>(
      ...['finetune:start', ...given(), '--num-finetunes', '2', '--batch-size', '1'],
    )
    for (const { id } of runs) expect(await watch(id)).to.deep.include({ status: 'succeeded' })
    expect(await takenJobs(slurm)).to.have.length(1)
  })

  it('sweeps by one array, so many runs at once, and finds its jobs after an interruption', async () => {
    const grid = ['--provider', 'trl', '--engine', 'slurm', '--model-name', join(folder, 'llama')]
    const sweep = () =>
      runJson<FinetuneSweepResult>(
        ...['finetune:sweep', ...grid, '--dataset-name', join(folder, 'tiny'), '--seed', '1,2,3'],
        ...['--jobs', '2', '--batch-size', '3', '--n-epochs', '2', '--name', 'seeds'],
      )
    const outer = process.cwd()
    const config = join(folder, 'llama', 'config.json')
    // An evaluation has room for 50 tokens more.
    const text = await readFile(config, 'utf8')
    await writeFile(config, text.replace(/("max_position_embeddings": )\d+/, '$1256'))
    process.chdir(folder)
    try {
      const { runs, failures } = await sweep()
      expect(failures).to.deep.equal([])
      expect(runs).to.have.length(3)
      const script = (await takenJobs(slurm))[0]!.script
      expect(script).to.contain('#SBATCH --array=0-2%2\n')
      // As if the command had ended while a job went on.
      const { id } = runs[0]!
      await store.update(id, ({ fine_tuned_model: _model, finished_at: _end, ...run }) => ({
        ...run,
        status: 'running',
      }))
      expect((await sweep()).runs.map((run) => run.id)).to.deep.equal(runs.map((run) => run.id))
      expect(await takenJobs(slurm)).to.have.length(1)
    } finally {
      process.chdir(outer)
    }
  })

  it('brings the files to a host behind ssh and follows by the log alone', async () => {
    await mkdir(join(folder, 'disk'))
    const storage = '/disk-of-the-cluster'
    const { id } = await start('--slurm-host', 'login', '--storage', storage)
    const run = await watch(id)
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    expect(requestOf(run)).to.deep.include({ site: 'login', folder: `${storage}/${id}` })
    expect(await losses(id)).to.deep.equal(steps)
    const there = await readdir(join(folder, 'disk', id))
    expect(there).to.include.members(['train.py', 'config.json', 'train.jsonl', 'result.json', 'model'])
    expect(await readFile(join(store.directory(id), 'log-read.json'), 'utf8')).to.contain(`${id}-1`)
  })

  it('evaluates, by a job of the same cluster, what the embedded engine does not know', async () => {
    const config = join(folder, 'llama', 'config.json')
    const text = await readFile(config, 'utf8')
    await writeFile(config, text.replace('"model_type": "llama"', '"model_type": "gemma3"'))
    const { id } = await start()
    await watch(id)
    const { evaluations } = await runJson<EvalRunResult>(
      'eval:run',
      id,
      '--dataset-name',
      join(folder, 'tiny'),
    )
    expect(evaluations[0]).to.deep.include({ status: 'complete', model: `trl/llama:${id}` })
    expect(await takenJobs(slurm)).to.have.length(2)
  })

  it('refuses in a sentence what Slurm does not do, and leaves no run', async () => {
    expect(await refusal('--gpus', '1')).to.match(/^--gpus asks for 1, and no machine of the Slurm cluster/)
    expect(await refusal('--nodes', '2')).to.match(/^--nodes asks for 2/)
    expect(await refusal('--partition', 'none')).to.equal('There is no partition none.')
    expect(await refusal('--time', '1 hour')).to.match(/^--time 1 hour is not accepted by sbatch/)
    expect(await refusal('--slurm-host', '-oProxyCommand=x')).to.match(/^--slurm-host needs a host/)
    expect(await refusal('--storage', join(folder, 'none'))).to.match(/is not a folder/)
    const elsewhere = ['--slurm-host', 'login', '--storage', '/disk-of-the-cluster/none']
    expect(await refusal(...elsewhere)).to.match(/^There is no folder .* on login/)
    expect(await refusal('--ray-address', 'http://127.0.0.1:1')).to.match(
      /does not apply to the engine slurm/,
    )
    await setSlurm(slurm, { refuses: 'Invalid account or account/partition combination specified' })
    expect(await refusal()).to.match(/^Slurm refused the job: .*Invalid account/)
    expect(await refusal('--num-finetunes', '3')).to.match(/^Slurm refused the job: .*Invalid account/)
    process.env.PATH = join(folder, 'nothing')
    expect(await refusal()).to.equal('There is no Slurm on this machine.')
  })
})
