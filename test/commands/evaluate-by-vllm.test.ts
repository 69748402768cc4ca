import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneStartResult } from '../../src/commands/finetune/start.ts'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import { eventually } from '../helpers/eventually.ts'
import { takenJobs, writeFakeSlurm } from '../helpers/fake-slurm/fake-slurm.ts'
import { vllmStarts, writeFakeVllm } from '../helpers/fake-vllm/fake-vllm.ts'
import { keepEnvironment } from '../helpers/keep-environment.ts'
import { requirePython } from '../helpers/real-python.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { TrlBench } from '../helpers/trl-bench.ts'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))

describe('evaluating by a vLLM server that is started as a job', () => {
  const restoreEnvironment = keepEnvironment(['REVERSAL_HOME', 'REVERSAL_PYTHON', 'HF_HUB_OFFLINE', 'PATH'])
  let python: string
  let bench: TrlBench
  let folder: string
  let vllm: string

  before(function () {
    python = requirePython(this)
  })
  beforeEach(async () => {
    bench = await TrlBench.create()
    folder = bench.folder
    vllm = await writeFakeVllm(join(folder, 'vllm'))
    Object.assign(process.env, {
      ...{ REVERSAL_HOME: bench.store.home, REVERSAL_PYTHON: bench.python, HF_HUB_OFFLINE: '1' },
      PATH: `${vllm}${delimiter}${process.env.PATH}`,
    })
  })
  afterEach(async () => {
    restoreEnvironment()
    await bench.remove()
  })

  /** A run whose model is an adapter, and whose jobs are run by a real Python. */
  const trained = async (...flags: string[]) => {
    const given = ['--provider', 'trl', '--model-name', join(folder, 'llama'), '--follow', ...flags]
    const { runs } = await runJson<FinetuneStartResult>(
      ...['finetune:start', ...given, '--dataset-name', join(folder, 'tiny'), '--batch-size', '3'],
    )
    const [run] = runs as [RunRecord]
    const adapter = { base_model_name_or_path: join(folder, 'llama'), revision: null, r: 24 }
    await writeFile(join(requestOf(run).folder, 'model', 'adapter_config.json'), JSON.stringify(adapter))
    await bench.store.update(run.id, (own) => ({ ...own, request: { ...own.request, python } }))
    return run
  }
  const evaluate = (id: string) =>
    runJson<EvalRunResult>('eval:run', id, '--run-with', 'vllm', '--dataset-name', join(folder, 'tiny'))
  const isRunning = (pid: number) => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }

  it('serves the adapter, asks it behind the canary, and ends the server', async () => {
    const run = await trained()
    const { evaluations } = await evaluate(run.id)
    expect(evaluations[0]).to.deep.include({ status: 'complete', model: `trl/llama:${run.id}` })
    const [start, ...others] = await vllmStarts(vllm)
    expect(others).to.deep.equal([])
    const model = join(requestOf(run).folder, 'model')
    expect(start!.argv.slice(0, 6)).to.deep.equal([
      ...['serve', join(folder, 'llama'), '--enable-lora', '--max-lora-rank', '32', '--lora-modules'],
    ])
    expect(start!.argv).to.include.members([`reversal=${model}`, '--no-enable-prefix-caching', 'float32'])
    expect(start!.argv.join(' ')).to.contain('--host 127.0.0.1 --port ')
    expect(isRunning(start!.pid)).to.equal(false)
    const left = await readdir(requestOf(run).folder)
    expect(left.filter((name) => name.startsWith('serving'))).to.deep.equal([])
  })

  it('serves it by a job of Slurm, for machines beside its own', async () => {
    const slurm = join(folder, 'slurm')
    process.env.PATH = `${await writeFakeSlurm(slurm)}${delimiter}${process.env.PATH}`
    const run = await trained('--engine', 'slurm')
    await evaluate(run.id)
    expect(await takenJobs(slurm)).to.have.length(2)
    expect((await takenJobs(slurm))[1]!.script).to.contain('/serve.py')
    const [start] = await vllmStarts(vllm)
    expect(start!.argv.join(' ')).to.contain('--host 0.0.0.0')
    expect(isRunning(start!.pid)).to.equal(false)
  })

  it('says why the server did not start', async () => {
    await writeFakeVllm(vllm, { fails: 'ValueError: No available memory for the cache blocks.' })
    const run = await trained()
    const { error, stderr } = await runCommand('eval:run', run.id, '--run-with', 'vllm')
    const said = `${error?.message} ${stderr}`.replace(/\s+/g, ' ')
    expect(said).to.contain('vLLM ended by itself with exit code 1')
  })

  it('ends the server where the command is interrupted', async () => {
    const run = await trained()
    await writeFakeVllm(vllm, { latencyMs: 60_000 })
    const slow = ['--run-with', 'vllm', '--dataset-name', join(folder, 'tiny')]
    const child = spawn(process.execPath, [CLI, 'eval:run', run.id, ...slow], { stdio: 'ignore' })
    const started = await eventually('the server', () => vllmStarts(vllm).catch(() => undefined))
    child.kill('SIGINT')
    await once(child, 'exit')
    expect(isRunning(started[0]!.pid)).to.equal(false)
  })

  it('refuses what has no such choice', async () => {
    const refusal = async (...argv: string[]) => (await runCommand('eval:run', ...argv)).error?.message
    const own = ['--model-id', join(folder, 'llama'), '--dataset-name', join(folder, 'tiny')]
    expect(await refusal(...own, '--run-with', 'vllm')).to.match(/was not trained with --provider trl/)
  })
})
