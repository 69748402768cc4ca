import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { EvalRunResult } from '../../src/commands/eval/run.ts'
import type { FinetuneDoctorResult } from '../../src/commands/finetune/doctor.ts'
import { requestOf } from '../../src/lib/finetuning/trl/trl-run.ts'
import type { RunRecord } from '../../src/lib/schemas/run.ts'
import type { RunStore } from '../../src/lib/tracking/run-store.ts'
import { eventually } from '../helpers/eventually.ts'
import { setBehaviour } from '../helpers/fake-python/fake-python.ts'
import { FakeRay } from '../helpers/fake-ray.ts'
import { keepEnvironment } from '../helpers/keep-environment.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'
import { clusterRuns, TrlBench } from '../helpers/trl-bench.ts'

const CLI = fileURLToPath(new URL('../../bin/dev.js', import.meta.url))
const NAMES = [
  ...['REVERSAL_HOME', 'REVERSAL_PYTHON', 'HF_HUB_OFFLINE', 'HF_TOKEN', 'HOME'],
  ...['RAY_API_SERVER_ADDRESS', 'RAY_AUTH_TOKEN', 'RAY_AUTH_TOKEN_PATH', 'RAY_AUTH_MODE'],
]

describe('fine-tuning by TRL on Ray', () => {
  const restoreEnvironment = keepEnvironment(NAMES)
  const { given, sized, steps, start, watch, losses, refusal } = clusterRuns('ray', () => bench)
  let bench: TrlBench
  let folder: string
  let python: string
  let ray: FakeRay
  let store: RunStore

  beforeEach(async () => {
    bench = await TrlBench.create()
    ;({ folder, python, store } = bench)
    ray = await FakeRay.start(join(folder, 'ray'))
    ray.disk = join(folder, 'disk')
    for (const name of NAMES) delete process.env[name]
    Object.assign(process.env, {
      REVERSAL_HOME: store.home,
      REVERSAL_PYTHON: python,
      HF_HUB_OFFLINE: '1',
      HF_TOKEN: 'hf-of-this-test',
      HOME: folder,
      RAY_API_SERVER_ADDRESS: ray.address,
    })
  })
  afterEach(async () => {
    await ray.close()
    restoreEnvironment()
    await bench.remove()
  })

  const reach = (id: string, step: number) =>
    eventually(`step ${step}`, async () => {
      await runJson('runs:list')
      return (await store.get(id)).progress?.step === step
    })

  it('submits a job with its files, and follows it', async () => {
    ray.gpus = 4
    const { id } = await start('--gpus', '2', '--batch-size', '2', '--n-epochs', '15')
    const run = await watch(id)
    expect(run, run.error).to.deep.include({ status: 'succeeded' })
    expect(requestOf(run)).to.deep.include({ engine: 'ray', site: ray.address, attempt: 1 })
    expect(await losses(id)).to.deep.equal(steps)
    const [job, ...others] = ray.trainings
    expect(others).to.deep.equal([])
    const { submission_id, metadata, entrypoint_num_gpus, runtime_env } = job!.body
    expect({ submission_id, metadata, entrypoint_num_gpus }).to.deep.equal({
      submission_id: `${id}-1`,
      metadata: { reversal: `${id}-1` },
      entrypoint_num_gpus: 2,
    })
    expect(runtime_env).to.have.deep.property('env_vars', {
      RAY_JOB_STOP_WAIT_TIME_S: '600',
      PYTHONUNBUFFERED: '1',
    })
    // The same scripts, configuration and data of a second run of this seed go up once.
    const puts = () => ray.written.filter((line) => line.startsWith('PUT')).length
    const before = puts()
    await start('--gpus', '2', '--batch-size', '2', '--n-epochs', '15', '--follow')
    expect(puts()).to.equal(before)
  })

  it('finds the job whose submission was not answered', async () => {
    ray.onTaken = () => true
    const { id } = await start()
    expect(await watch(id)).to.deep.include({ status: 'succeeded' })
    expect(ray.trainings).to.have.length(1)
  })

  it('finds the job of a command that was killed before it knew of it', async () => {
    const child = spawn(process.execPath, [CLI, 'finetune:start', ...given(), ...sized([])], {
      stdio: 'ignore',
    })
    ray.onTaken = (id) => !id.startsWith('reversal-probe') && child.kill('SIGKILL')
    await once(child, 'exit')
    expect(child.signalCode).to.equal('SIGKILL')
    ray.onTaken = undefined
    const [{ id }] = (await store.list()) as [RunRecord]
    await runJson('finetune:resume', id).catch(() => {})
    const run = await watch(id)
    expect(run).to.deep.include({ status: 'succeeded' })
    expect(requestOf(run).attempt).to.equal(1)
    expect(ray.trainings).to.have.length(1)
  })

  it('goes on from a checkpoint in the next attempt, where the job was killed', async () => {
    await setBehaviour(python, { diesAt: 13 })
    const { id } = await start('--checkpoint-every', '5')
    expect(await watch(id)).to.deep.include({ status: 'interrupted' })
    await runJson('finetune:resume', id)
    expect(await watch(id)).to.deep.include({ status: 'succeeded' })
    expect(await losses(id)).to.deep.equal(steps)
    expect(ray.trainings).to.have.length(2)
  })

  it('stops a job with a checkpoint', async () => {
    await setBehaviour(python, { holdsAt: 3 })
    const { id } = await start()
    await reach(id, 3)
    await runJson('finetune:cancel', id)
    const run = await store.get(id)
    expect(run.status).to.equal('cancelled')
    expect(await readdir(join(requestOf(run).folder, 'checkpoints'))).to.have.length(1)
    await setBehaviour(python, {})
    await runJson('finetune:resume', id)
    expect(await watch(id)).to.deep.include({ status: 'succeeded' })
    expect(await losses(id)).to.deep.equal(steps)
  })

  it('tells a lost head from a lost job', async () => {
    await setBehaviour(python, { holdsAt: 3 })
    const { id } = await start()
    await reach(id, 3)
    ray.forget()
    expect((await watch(id)).error).to.contain('Ray no longer knows it')
    await runJson('finetune:resume', id)
    ray.restart()
    const lost = await watch(id)
    expect(lost.status).to.equal('interrupted')
    expect(lost.error).to.contain('the head of the Ray cluster was restarted')
    await setBehaviour(python, {})
    await runJson('finetune:resume', id)
    expect(await watch(id)).to.deep.include({ status: 'succeeded' })
  })

  it('follows by the log alone where only the cluster sees the storage', async () => {
    await mkdir(ray.disk)
    const { id } = await start('--storage', '/disk-of-the-cluster')
    const run = await watch(id)
    expect(run, run.error).to.deep.include({ status: 'succeeded', trained_tokens: 300 })
    expect(requestOf(run).folder).to.equal(`/disk-of-the-cluster/${id}`)
    expect(await losses(id)).to.deep.equal(steps)
    expect(await readdir(join(ray.disk, id))).to.include.members(['config.json', 'result.json', 'model'])
  })

  it('sends the token that Ray would read, and shows it nobody', async () => {
    ray.token = 'token-of-this-test'
    expect(await refusal()).to.match(/requires a token, and none is set\.$/)
    process.env.RAY_AUTH_TOKEN = 'another-one'
    expect(await refusal()).to.match(/does not accept this token\.$/)
    delete process.env.RAY_AUTH_TOKEN
    await mkdir(join(folder, '.ray'))
    await writeFile(join(folder, '.ray', 'auth_token'), `${ray.token}\n`)
    const { stdout, stderr } = await runCommand('finetune:start', ...given(), '--follow')
    expect(stdout + stderr)
      .to.contain('succeeded')
      .and.to.not.contain(ray.token)
    const files = await readdir(store.home, { recursive: true, withFileTypes: true })
    for (const file of files.filter((entry) => entry.isFile()))
      expect(await readFile(join(file.parentPath, file.name), 'latin1')).to.not.contain(ray.token)
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
    expect(ray.trainings).to.have.length(2)
  })

  it('is looked at by the doctor', async () => {
    const doctor = async () => {
      const flags = ['--provider', 'trl', '--engine', 'ray']
      return (await runJson<FinetuneDoctorResult>('finetune:doctor', ...flags)).diagnoses[0]
    }
    expect(await doctor()).to.deep.include({ what: 'cluster', ok: true })
    ray.token = 'token-of-this-test'
    expect(await doctor()).to.deep.include({ what: 'cluster', ok: false })
  })

  it('refuses in a sentence what the cluster does not do, and leaves no run', async () => {
    expect(await refusal('--gpus', '1')).to.match(/^--gpus asks for 1, and no machine of the Ray cluster/)
    ray.gpus = 4
    expect(await refusal('--gpus', '8')).to.match(/the Ray cluster has 4 on one machine at most/)
    ray.gpus = 0
    expect(await refusal('--storage', '/nowhere/at/all')).to.match(/does not see \/nowhere\/at\/all/)
    expect(await refusal('--python', '/nowhere/python')).to.match(/^The Ray cluster has no Python that runs/)
    await setBehaviour(python, { packages: { trl: null } })
    expect(await refusal()).to.match(/^On the Ray cluster, .*python lacks trl/)
    expect(await refusal('--ray-address', 'ray://head:10001')).to.match(
      /is not the address of a Ray dashboard/,
    )
    expect(await refusal('--ray-address', 'http://127.0.0.1:9')).to.match(/cannot be reached/)
    delete process.env.RAY_API_SERVER_ADDRESS
    expect(await refusal()).to.match(/^--engine ray needs the address/)
  })
})
