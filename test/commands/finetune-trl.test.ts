import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneDoctorResult } from '../../src/commands/finetune/doctor.ts'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import type { FinetuneSweepResult } from '../../src/commands/finetune/sweep.ts'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import type { RunStore } from '../../src/lib/tracking/run-store.ts'
import { eventually } from '../helpers/eventually.ts'
import { setBehaviour } from '../helpers/fake-python/fake-python.ts'
import { FAKE_KEY, FakeWandb } from '../helpers/fake-wandb/server.ts'
import { keepEnvironment } from '../helpers/keep-environment.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { TrlBench } from '../helpers/trl-bench.ts'
import { COMMIT, FakeHub } from '../unit/engine/pretrained/fake-hub.ts'

const NAMES = [
  ...['REVERSAL_HOME', 'REVERSAL_PYTHON', 'HF_HOME', 'HF_HUB_OFFLINE', 'HF_ENDPOINT', 'HF_TOKEN'],
  ...['WANDB_BASE_URL', 'WANDB_API_KEY'],
]

describe('fine-tuning by TRL', () => {
  const restoreEnvironment = keepEnvironment(NAMES)
  let bench: TrlBench
  let folder: string
  let python: string
  let model: string
  let dataset: string
  let store: RunStore

  beforeEach(async () => {
    bench = await TrlBench.create()
    ;({ folder, python, store } = bench)
    dataset = join(folder, 'tiny')
    model = join(folder, 'llama')
    Object.assign(process.env, {
      REVERSAL_HOME: store.home,
      REVERSAL_PYTHON: python,
      HF_HOME: join(folder, 'hf'),
      HF_HUB_OFFLINE: '1',
    })
  })
  afterEach(async () => {
    restoreEnvironment()
    await bench.remove()
  })

  /** Three texts in batches of one: 30 steps. */
  const given = () => ['--provider', 'trl', '--model-name', model, '--dataset-name', dataset]
  const start = (...flags: string[]) =>
    runJson<FinetuneStartResult>('finetune:start', ...given(), '--batch-size', '1', ...flags)
  const watch = async (id: string) => (await runJson<{ run: RunRecord }>('finetune:watch', id)).run
  const startsOf = async (run: RunRecord) =>
    (await readFile(join(requestOf(run).folder, 'starts.txt'), 'utf8')).trim().split('\n')
  const losses = async (id: string) =>
    (await store.events(id)).filter(({ type }) => type === 'step').map(({ step }) => step)
  const steps = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
  const refusal = async (...argv: string[]) => {
    const { error, stderr } = await runCommand(...argv)
    expect(error?.oclif?.exit, stderr).to.equal(2)
    expect(await store.list()).to.deep.equal([])
    return error!.message
  }

  it('hands over a job that goes on by itself, follows it and evaluates its model', async () => {
    const { runs } = await start()
    const [{ id, status, request }] = runs as [RunRecord]
    expect(status).to.be.oneOf(['queued', 'running', 'succeeded'])
    expect(request).to.deep.include({ engine: 'here', python, attempt: 1 })
    const run = await watch(id)
    expect(run).to.deep.include({
      status: 'succeeded',
      fine_tuned_model: `trl/llama:${id}`,
      trained_tokens: 300,
    })
    expect(run.progress).to.deep.include({ step: 30, total_steps: 30, loss: 1 / 30 })
    expect(run.hyperparameters).to.deep.include({ method: 'lora', lora_rank: 16, seed: 42 })
    expect(await losses(id)).to.deep.equal(steps(30))
    expect(await startsOf(run)).to.have.length(1)

    const flags = ['--dataset-name', dataset, '--max-tokens', '4']
    const { evaluations } = await runJson<EvalRunResult>('eval:run', id, ...flags)
    expect(evaluations[0]).to.deep.include({ status: 'complete', model: `trl/llama:${id}` })
    const { error } = await runCommand('finetune:resume', id)
    expect(error?.message).to.match(/has ended \(succeeded\)/)
  })

  it('tells the trainer what the flags say, and where', async () => {
    const storage = join(folder, 'shared')
    await mkdir(storage)
    await setBehaviour(python, { machine: { gpus: 2, gpu_bytes: 40e9 } })
    const flags = ['--method', 'full', '--gpus', '2', '--loss', 'completion', '--no-gradient-checkpointing']
    const { runs, estimate } = await runJson<FinetuneStartResult>(
      ...['finetune:start', ...given(), '--batch-size', '4', '--n-epochs', '2', ...flags, '--follow'],
      ...['--storage', storage, '--learning-rate-multiplier', '0.1', '--seed', '7'],
    )
    const [run] = runs as [RunRecord]
    const config = JSON.parse(await readFile(join(storage, run.id, 'config.json'), 'utf8'))
    expect(config).to.deep.include({
      ...{ model, revision: null, epochs: 2, batch_size: 4, micro_batch_size: 2, learning_rate: 1e-5 },
      ...{ lora: null, loss: 'completion', precision: 'bf16', gradient_checkpointing: false, shard: true },
      ...{ gpus: 2, seed: 7, training_file: 'train.jsonl', validation_file: 'validation.jsonl' },
    })
    expect(estimate.job?.config).to.deep.equal(config)
    expect(await startsOf(run)).to.match(/-m accelerate\.commands\.launch .*--num_processes 2/)
    expect(run.hyperparameters).to.deep.include({ method: 'full', loss: 'completion' })
    expect(await readdir(join(storage, run.id))).to.include.members(['model', 'result.json', 'train.py'])
    // With a run go its files there, and nothing else.
    await writeFile(join(storage, 'mine.txt'), '')
    expect(await runJson('runs:delete', run.id, '--yes')).to.deep.equal({ deleted: [run.id], left: [] })
    expect(await readdir(storage)).to.deep.equal(['mine.txt'])
  })

  it('goes on from a checkpoint where the job was killed, in the next attempt', async () => {
    await setBehaviour(python, { diesAt: 13 })
    const { runs } = await start('--checkpoint-every', '5')
    const [{ id }] = runs as [RunRecord]
    const killed = await watch(id)
    expect(killed).to.deep.include({ status: 'interrupted' })
    expect(killed.error).to.contain('SIGKILL')
    await runJson('finetune:resume', id)
    const run = await watch(id)
    expect(run).to.deep.include({ status: 'succeeded' })
    expect(run.error).to.equal(undefined)
    expect(requestOf(run).attempt).to.equal(2)
    expect(await losses(id)).to.deep.equal(steps(30))
    const told = await readFile(join(requestOf(run).folder, 'events.jsonl'), 'utf8')
    const again = told.match(/"type":"step","step":1[1-3],/g)
    expect(again).to.have.length(6)
  })

  it('stops a job with a checkpoint, and resumes it', async () => {
    await setBehaviour(python, { holdsAt: 3 })
    const { runs } = await start()
    const [{ id }] = runs as [RunRecord]
    await eventually('the third step', async () => {
      await runJson('runs:list')
      return (await store.get(id)).progress?.step === 3
    })
    const listed = await runJson<{ runs: RunRecord[] }>('runs:list')
    expect(listed.runs[0]).to.deep.include({ status: 'running' })
    const busy = await runCommand('finetune:resume', id)
    expect(busy.error?.message).to.match(/is under way/)
    const { stdout } = await runCommand('finetune:cancel', id)
    expect(stdout).to.contain(`Cancelled ${id}.`)
    const cancelled = await store.get(id)
    expect(cancelled.status).to.equal('cancelled')
    expect(cancelled.progress!.step).to.equal(3)
    const left = await readdir(join(requestOf(cancelled).folder, 'checkpoints'))
    expect(left).to.have.length(1)
    await setBehaviour(python, {})
    await runJson('finetune:resume', id)
    expect(await watch(id)).to.deep.include({ status: 'succeeded' })
    expect(await losses(id)).to.deep.equal(steps(30))
  })

  it('runs several trainings one after another', async () => {
    await setBehaviour(python, { stepMs: 20 })
    const { runs } = await start('--num-finetunes', '2', '--n-epochs', '3', '--follow')
    expect(runs.map(({ status }) => status)).to.deep.equal(['succeeded', 'succeeded'])
    expect(runs.map(({ hyperparameters: { seed } }) => seed)).to.deep.equal([42, 43])
    const times = await Promise.all(
      runs.map(async ({ id }) => (await store.events(id)).map(({ at }) => Date.parse(at))),
    )
    const [first, second] = times.toSorted((a, b) => a[0]! - b[0]!) as [number[], number[]]
    expect(Math.max(...first)).to.be.at.most(second[0]!)
  })

  it('is mirrored to W&B from this side, and gives no key to its job', async () => {
    const fake = await new FakeWandb().start()
    Object.assign(process.env, {
      WANDB_BASE_URL: fake.url,
      WANDB_API_KEY: FAKE_KEY,
      HF_TOKEN: 'hf-of-a-test',
    })
    try {
      const { runs } = await start('--follow')
      const [run] = runs as [RunRecord]
      const { id } = run
      const told = await readFile(join(requestOf(run).folder, 'environment.txt'), 'utf8')
      expect(told.split('\n')).to.include('HF_TOKEN').and.not.include('WANDB_API_KEY')
      await runJson('runs:sync', id, '--wandb-entity', 'ada', '--wandb-project', 'reversal')
      const [synced] = fake.database.runs
      expect(synced).to.deep.include({ name: id, jobType: 'fine-tune', state: 'finished' })
      const rows = synced!.history.map((line) => JSON.parse(line!))
      expect(rows.map(({ train_loss: loss }) => loss)).to.deep.equal(steps(30).map((step) => 1 / step))
      expect(JSON.parse(synced!.summary)).to.deep.include({
        ...{ train_loss: 1 / 30, status: 'succeeded', fine_tuned_model: `trl/llama:${id}` },
      })
      expect(fake.violations).to.deep.equal([])
    } finally {
      await fake.stop()
    }
  })

  it('sweeps a grid, and uses the runs that are there again', async () => {
    const grid = ['--batch-size', '1,3', '--n-epochs', '2', '--name', 'grid']
    const sweep = () => runJson<FinetuneSweepResult>('finetune:sweep', ...given(), ...grid)
    const cwd = process.cwd()
    const config = join(model, 'config.json')
    // An evaluation has room for 50 tokens more.
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace(/("max_position_embeddings": )\d+/, '$1256'),
    )
    process.chdir(folder)
    try {
      const { runs, failures } = await sweep()
      expect(failures).to.deep.equal([])
      expect(runs.map(({ status, progress }) => [status, progress?.total_steps])).to.deep.equal([
        ['succeeded', 6],
        ['succeeded', 2],
      ])
      const again = await sweep()
      expect(again.runs.map(({ id }) => id)).to.deep.equal(runs.map(({ id }) => id))
      for (const run of again.runs) expect(await startsOf(run)).to.have.length(1)
    } finally {
      process.chdir(cwd)
    }
  })

  it('says in a sentence why a job failed', async () => {
    const failure = { code: 'OUT_OF_MEMORY', message: 'The memory is full: use LoRA.' }
    await setBehaviour(python, { failure })
    const [{ id }] = (await start()).runs as [RunRecord]
    expect(await watch(id)).to.deep.include({ status: 'failed', error: failure.message })
    await setBehaviour(python, { silent: 'Segmentation fault' })
    await runJson('finetune:resume', id)
    const { error } = await watch(id)
    expect(error).to.match(/exit code 3.*Segmentation fault/)
  })

  it('finds the job of a command that was killed before it had written that there is one', async () => {
    await setBehaviour(python, { stepMs: 20 })
    const [{ id }] = (await start()).runs as [RunRecord]
    const gone = { pid: 2 ** 22 + 1, host: 'elsewhere', boot: 'none', namespace: 'none', started: '0' }
    await store.update(id, (run) => ({ ...run, status: 'pending', process: gone }))
    await runJson('finetune:resume', id)
    const run = await watch(id)
    expect(run.status).to.equal('succeeded')
    expect(await startsOf(run)).to.have.length(1)
  })

  it('reads of a model of the Hub what it needs to plan, and leaves the weights to the trainer', async () => {
    await using hub = await FakeHub.of(model, 'acme/llama')
    delete process.env.HF_HUB_OFFLINE
    process.env.HF_ENDPOINT = hub.endpoint
    const ask = ['--provider', 'trl', '--model-name', 'hf:acme/llama', '--dataset-name', dataset]
    const { estimate } = await runJson<FinetuneStartResult>('finetune:start', ...ask, '--dry-run')
    expect(estimate.job?.config).to.deep.include({ model: 'acme/llama', revision: COMMIT })
    expect(hub.requests.map(({ path }) => path).filter((path) => path.includes('safetensors'))).to.deep.equal(
      [],
    )
    await rm(process.env.HF_HOME!, { recursive: true })
    hub.faults.push((response) => response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end())
    expect(await refusal('finetune:start', ...ask)).to.match(
      /^acme\/llama is gated: its licence must be accepted/,
    )
    hub.faults.push((response) => response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end())
    expect(await refusal('finetune:start', ...ask)).to.match(/^There is no model acme\/llama at /)
  })

  it('evaluates a model by a job of transformers', async () => {
    const named = ['--model-id', `transformers:${model}`, '--dataset-name', dataset]
    const { evaluations } = await runJson<EvalRunResult>('eval:run', ...named)
    const [evaluation] = evaluations
    expect(evaluation).to.deep.include({ status: 'complete' })
    expect(evaluation!.model).to.match(/^transformers:.*llama@[0-9a-f]{12}$/)
    const failure = { code: 'OUT_OF_MEMORY', message: 'The memory is full: use more GPUs.' }
    await setBehaviour(python, { failure })
    const { error } = await runCommand('eval:run', ...named, '--no-resume')
    expect(error?.message).to.equal(failure.message)
  })

  it('runs what the embedded engine does not know by transformers', async () => {
    const config = join(model, 'config.json')
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace('"model_type": "llama"', '"model_type": "gemma3"'),
    )
    const [{ id }] = (await start('--follow')).runs as [RunRecord]
    const { evaluations } = await runJson<EvalRunResult>('eval:run', id, '--dataset-name', dataset)
    expect(evaluations[0]).to.deep.include({ status: 'complete', model: `trl/llama:${id}` })
    const left = await readdir(requestOf(await store.get(id)).folder)
    expect(left.filter((name) => name.startsWith('scoring'))).to.deep.equal([])
  })

  it('shows the job without starting it', async () => {
    const { stdout, stderr } = await runCommand('finetune:start', ...given(), '--dry-run')
    expect(stdout + stderr)
      .to.contain('train.py')
      .and.to.contain('LoRA of rank 16')
      .and.to.contain('memory')
    await rm(python)
    const offline = await runCommand('finetune:estimate', ...given())
    expect(offline.stdout).to.contain('cannot be run as Python.')
    expect(await store.list()).to.deep.equal([])
  })

  it('refuses in a sentence what cannot be trained, and leaves no run', async () => {
    const begin = (...flags: string[]) => refusal('finetune:start', ...given(), ...flags)
    const beginWith = (name: string) =>
      refusal('finetune:start', '--provider', 'trl', '--model-name', name, '--dataset-name', dataset)
    expect(await begin('--python', '/nowhere/python')).to.match(/^\/nowhere\/python cannot be run as Python/)
    expect(await begin('--gpus', '2')).to.match(/^--gpus asks for 2, but .* sees none/)
    expect(await beginWith('ada')).to.match(/^There is no model ada/)
    expect(await beginWith('meta-llama/Llama-3.1-8B')).to.match(/^There is no model meta-llama/)
    expect(await beginWith('hf:acme/none')).to.match(/^acme\/none is not in .*HF_HUB_OFFLINE/)
    expect(await beginWith(dataset)).to.match(/holds no model/)
    expect(await begin('--storage', join(folder, 'none'))).to.match(/use an existing one with --storage/)
    expect(await begin('--partition', 'gpu')).to.match(/^--partition does not apply to the engine here/)
    expect(await begin('--method', 'full', '--lora-rank', '4')).to.equal('--lora-rank needs --method lora.')
    await setBehaviour(python, { packages: { trl: null } })
    expect(await begin()).to.match(/lacks trl/)
    await setBehaviour(python, { packages: { trl: '1.9.2' } })
    expect(await begin()).to.match(/has trl 1\.9\.2, and 1\.16 or newer is needed/)
    await setBehaviour(python, {})
    await writeFile(join(folder, 'empty.jsonl'), '{"prompt": "", "completion": " "}\n')
    expect(await begin('--training-file', join(folder, 'empty.jsonl'))).to.match(/has no text to train on/)
    expect(await refusal('finetune:start', '--dataset-name', dataset, '--gpus', '1')).to.match(
      /^--gpus does not apply to local: use it with --provider trl/,
    )
  })

  it('says what is missing and how to get it', async () => {
    const doctor = () => runJson<FinetuneDoctorResult>('finetune:doctor', '--provider', 'trl')
    expect((await doctor()).diagnoses.map(({ ok, needed }) => ok || !needed)).to.not.include(false)
    await setBehaviour(python, { packages: { peft: null } })
    const { diagnoses } = await doctor()
    const packages = diagnoses.find(({ what }) => what === 'packages')!
    expect(packages).to.deep.include({ ok: false })
    expect(packages.finding).to.contain('lacks peft')
    expect(packages.remedies.join()).to.contain('requirements.txt')
    const { stdout } = await runCommand('finetune:doctor', '--provider', 'local')
    expect(stdout).to.contain('local needs no other software')
  })
})
