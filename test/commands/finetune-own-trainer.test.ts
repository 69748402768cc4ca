import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import { configurationOf } from '../../src/lib/evaluation/configuration.ts'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { eventually } from '../helpers/eventually.ts'
import { FakeRay } from '../helpers/fake-ray.ts'
import { takenJobs, writeFakeSlurm } from '../helpers/fake-slurm/fake-slurm.ts'
import { keepEnvironment } from '../helpers/keep-environment.ts'
import { requirePython } from '../helpers/real-python.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { TrlBench } from '../helpers/trl-bench.ts'

/** A trainer of somebody: five steps, told as it likes, and the model that it began from. */
const TRAINER = `
import json, pathlib, shutil, sys, time
config = dict(line.split(": ", 1) for line in pathlib.Path(sys.argv[1]).read_text().splitlines())
texts = [json.loads(line)["text"] for line in open(config["texts"])]
events = open(config["events"], "a")
for step in range(1, 6):
    time.sleep(float(config["pause"]))
    events.write(json.dumps({"step": step, "loss": len(texts) / step, "learning_rate": float(config["rate"])}) + "\\n")
    events.flush()
print("that was it", flush=True)
if config["fails"] == "yes":
    sys.exit(3)
if config["fails"] == "no":
    shutil.copytree(config["model"], config["output"], dirs_exist_ok=True)
`

describe('fine-tuning by a trainer of one’s own', () => {
  const restoreEnvironment = keepEnvironment(['REVERSAL_HOME', 'REVERSAL_PYTHON', 'HF_HUB_OFFLINE', 'PATH'])
  let python: string
  let bench: TrlBench
  let folder: string

  before(function () {
    python = requirePython(this)
  })
  beforeEach(async () => {
    bench = await TrlBench.create()
    folder = bench.folder
    await writeFile(join(folder, 'own.py'), TRAINER)
    Object.assign(process.env, {
      REVERSAL_HOME: bench.store.home,
      REVERSAL_PYTHON: python,
      HF_HUB_OFFLINE: '1',
    })
  })
  afterEach(async () => {
    restoreEnvironment()
    await bench.remove()
  })

  const writeConfig = async ({ pause = '0', fails = 'no' } = {}) => {
    const placed = ['texts', 'events', 'model', 'output'].map((name) => `${name}: {${name}}`)
    const lines = [...placed, 'rate: {learning_rate}', `pause: ${pause}`, `fails: ${fails}`, 'kept: {field}']
    await writeFile(join(folder, 'own.yml'), `${lines.join('\n')}\n`)
  }
  const given = () => [
    ...['--provider', 'trl', '--model-name', join(folder, 'llama'), '--dataset-name', join(folder, 'tiny')],
    ...['--trainer-command', `${python} ${join(folder, 'own.py')} {config}`],
    ...['--trainer-config', join(folder, 'own.yml')],
  ]
  const start = async (...flags: string[]) => {
    const { runs } = await runJson<FinetuneStartResult>('finetune:start', ...given(), ...flags)
    return runs[0]!
  }

  it('trains on the same data, tells the steps, and evaluates what it left', async () => {
    await writeConfig()
    const run = await start('--follow', '--learning-rate-multiplier', '0.01')
    expect(run, run.error).to.deep.include({ status: 'succeeded', fine_tuned_model: `trl/llama:${run.id}` })
    expect(run.progress).to.deep.include({ step: 5, loss: 3 / 5 })
    const steps = (await bench.store.events(run.id)).filter(({ type }) => type === 'step')
    expect(steps.map(({ loss }) => loss)).to.deep.equal([3, 3 / 2, 1, 3 / 4, 3 / 5])
    expect(steps[0]!.learning_rate).to.equal(1e-5)
    const written = await readFile(join(requestOf(run).folder, 'trainer-config.yml'), 'utf8')
    expect(written).to.contain('rate: 0.00001\n').and.to.contain('kept: {field}\n')

    // The same trainer with another configuration is another experiment.
    await writeConfig({ pause: '0.01' })
    const other = await start('--follow', '--learning-rate-multiplier', '0.01')
    expect(configurationOf({ run: other })).to.not.equal(configurationOf({ run }))

    const flags = ['--dataset-name', join(folder, 'tiny'), '--max-tokens', '4']
    const { evaluations } = await runJson<EvalRunResult>('eval:run', run.id, ...flags)
    expect(evaluations[0]).to.deep.include({ status: 'complete', model: `trl/llama:${run.id}` })
  })

  it('says how a trainer failed, in its last words, or that it left no model', async () => {
    await writeConfig({ fails: 'yes' })
    const failed = await start('--follow')
    expect(failed.status).to.equal('failed')
    expect(failed.error).to.equal('The trainer ended with exit code 3; its last output: that was it')
    await writeConfig({ fails: 'quietly' })
    const empty = await start('--follow')
    expect(empty.status).to.equal('failed')
    expect(empty.error).to.match(/ended well but left no model in .*model/)
  })

  it('stops it by SIGTERM, and starts it again in the next attempt', async () => {
    await writeConfig({ pause: '0.5' })
    const { id } = await start()
    await eventually('the first step', async () => {
      await runJson('runs:list')
      return ((await bench.store.get(id)).progress?.step ?? 0) >= 1
    })
    const { run } = await runJson<{ run: RunRecord }>('finetune:cancel', id)
    expect(run.status).to.equal('cancelled')
    expect(run.progress!.step).to.be.below(5)
    await runJson('finetune:resume', id)
    const ended = (await runJson<{ run: RunRecord }>('finetune:watch', id)).run
    expect(ended, ended.error).to.deep.include({ status: 'succeeded' })
    expect(requestOf(ended).attempt).to.equal(2)
  })

  it('runs it as a job of Slurm', async () => {
    const slurm = join(folder, 'slurm')
    process.env.PATH = `${await writeFakeSlurm(slurm, { machines: '1|gpu:4' })}:${process.env.PATH}`
    await writeConfig()
    const run = await start('--engine', 'slurm', '--gpus', '4', '--follow')
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    const { script } = (await takenJobs(slurm))[0]!
    expect(script).to.contain('#SBATCH --gpus-per-node=4\n').and.to.contain('#SBATCH --ntasks-per-node=1\n')
  })

  it('runs it as a job of Ray, with its configuration in the package', async () => {
    const ray = await FakeRay.start(join(folder, 'ray'))
    try {
      await writeConfig()
      const run = await start('--engine', 'ray', '--ray-address', ray.address, '--follow')
      expect(run, run.error).to.deep.include({ status: 'succeeded' })
      expect(run.progress).to.deep.include({ step: 5 })
      const nodes = ['--engine', 'ray', '--ray-address', ray.address, '--nodes', '2']
      const { error } = await runCommand('finetune:start', ...given(), ...nodes)
      expect(error?.message).to.match(/^On Ray, --trainer-command runs on one machine/)
    } finally {
      await ray.close()
    }
  })

  it('refuses a command that could not work, and leaves no run', async () => {
    await writeConfig()
    const refusal = async (...flags: string[]) => {
      const { error } = await runCommand('finetune:start', ...given().slice(0, 6), ...flags)
      expect(error?.oclif?.exit).to.equal(2)
      return error!.message
    }
    const command = '--trainer-command'
    expect(await refusal(command, 'train {data} {outputs}')).to.match(
      /has \{outputs\}, which is not a placeholder/,
    )
    expect(await refusal(command, 'train {data} && echo {output}')).to.match(
      /runs without a shell, and && needs/,
    )
    expect(await refusal(command, 'train {data}')).to.equal(
      'The command does not tell your trainer where to write the model.',
    )
    expect(await refusal(command, 'train {output}')).to.equal(
      'The command does not tell your trainer what to train on.',
    )
    expect(await refusal(command, "train '{output}")).to.match(/has an unclosed quote/)
    expect(await refusal(command, 'none-of-that-name {data} {output}')).to.match(
      /^none-of-that-name cannot be run on this machine/,
    )
    const unread = ['--trainer-config', join(folder, 'own.yml')]
    expect(await refusal(command, 'sh {data}', ...unread)).to.match(
      /does not read the file of --trainer-config/,
    )
    const missing = ['--trainer-config', join(folder, 'none.yml')]
    expect(await refusal(command, 'sh {config}', ...missing)).to.match(/^There is no file .*none\.yml/)
    expect(await bench.store.list()).to.deep.equal([])
  })
})
