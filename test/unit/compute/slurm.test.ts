import { expect } from 'chai'
import type { Job } from '../../../src/lib/compute/engine.ts'
import { exitOf } from '../../../src/lib/compute/exit-status.ts'
import { arrayScript, batchScript } from '../../../src/lib/compute/slurm/batch-script.ts'
import {
  ACCOUNT_COLUMNS,
  chooseRow,
  isAlive,
  isOf,
  isQueued,
  parseRows,
  reasonOfEnd,
} from '../../../src/lib/compute/slurm/job-states.ts'
import { parseMachines, requireSlurmGpus } from '../../../src/lib/compute/slurm/slurm-gpus.ts'
import { parseAccountJson, parseQueueJson, printsJson } from '../../../src/lib/compute/slurm/slurm-json.ts'

describe('the engine slurm', () => {
  it('reads what squeue and sacct print', () => {
    const rows = parseRows(
      '41|FAILED|NonZeroExitCode|reversal-ft-a-1\n42|PENDING|Resources|reversal-ft-a-1\n\nslurm_load_jobs error: Invalid job id specified\n',
    )
    expect(rows).to.deep.equal([
      { number: '41', state: 'FAILED', reason: 'NonZeroExitCode', name: 'reversal-ft-a-1' },
      { number: '42', state: 'PENDING', reason: 'Resources', name: 'reversal-ft-a-1' },
    ])
    expect(chooseRow(rows)).to.deep.include({ number: '42' })
    const [cancelled] = parseRows('43|CANCELLED by 1000|reversal-a\n', ACCOUNT_COLUMNS)
    expect(cancelled).to.deep.equal({ number: '43', state: 'CANCELLED', name: 'reversal-a' })
    expect(reasonOfEnd(cancelled!)).to.equal('it was cancelled')
    expect(chooseRow([])).to.equal(undefined)
    for (const [state, alive, queued] of [
      ['REQUEUED', true, true],
      ['COMPLETING', true, false],
      ['NODE_FAIL', false, false],
    ] as const) {
      expect([isAlive({ number: '1', state }), isQueued({ number: '1', state })]).to.deep.equal([
        alive,
        queued,
      ])
    }
  })

  it('tells the row of a job from those of other tasks of its array', () => {
    const rows = parseRows(
      '7_0|RUNNING|None|reversal-all\n7_[1,4-8:2%2]|PENDING|JobArrayTaskLimit|reversal-all\n7|CANCELLED|None|reversal-all\n9|RUNNING|None|reversal-a-1\n',
    )
    const numbersOf = (task: number) =>
      rows
        .filter((row) => isOf(row, { name: 'reversal-a-1', array: { name: 'reversal-all', task } }))
        .map(({ number }) => number)
    expect(numbersOf(0)).to.deep.equal(['7_0', '9'])
    for (const task of [1, 4, 6, 8]) expect(numbersOf(task)).to.deep.equal(['7_[1,4-8:2%2]', '9'])
    for (const task of [2, 5, 7, 10]) expect(numbersOf(task)).to.deep.equal(['9'])
    expect(rows.filter((row) => isOf(row, { name: 'reversal-b-1' }))).to.deep.equal([])
  })

  it('reads the JSON of old versions and of new ones alike', () => {
    // As squeue 22.05.8 printed it, and as data_parser v0.0.40 has the same fields.
    const old = [
      { job_id: 3, array_job_id: 1, array_task_id: 0, array_task_string: '', job_state: 'RUNNING' },
      { job_id: 2, array_job_id: 0, array_task_id: null, array_task_string: '', job_state: 'COMPLETED' },
      { job_id: 1, array_job_id: 1, array_task_id: null, array_task_string: '1-3%1', job_state: 'PENDING' },
    ]
    const set = (number: number | null) => ({ set: number !== null, infinite: false, number: number ?? 0 })
    const fresh = old.map((job) => ({
      ...job,
      ...{ array_job_id: set(job.array_job_id), array_task_id: set(job.array_task_id) },
      job_state: [job.job_state],
    }))
    const reasons = { state_reason: 'None', name: 'arr' }
    for (const jobs of [old, fresh]) {
      const text = JSON.stringify({ errors: [], jobs: jobs.map((job) => ({ ...job, ...reasons })) })
      expect(parseQueueJson(text)).to.deep.equal([
        { number: '1_0', state: 'RUNNING', name: 'arr' },
        { number: '2', state: 'COMPLETED', name: 'arr' },
        { number: '1_[1-3%1]', state: 'PENDING', name: 'arr' },
      ])
    }
    const [ending] = parseQueueJson(
      JSON.stringify({ jobs: [{ ...fresh[1]!, ...reasons, job_state: ['CANCELLED', 'COMPLETING'] }] }),
    )!
    expect(isAlive(ending!)).to.equal(true)
    const accounts = [
      { array: { job_id: 0, task_id: null, task: null }, state: { current: 'TIMEOUT', reason: 'None' } },
      { array: { job_id: 4, task_id: set(2), task: '' }, state: { current: ['FAILED'], reason: 'None' } },
    ]
    const text = JSON.stringify({ jobs: accounts.map((job) => ({ ...job, job_id: 5, name: 'arr' })) })
    expect(parseAccountJson(text)).to.deep.equal([
      { number: '5', state: 'TIMEOUT', name: 'arr' },
      { number: '4_2', state: 'FAILED', name: 'arr' },
    ])
    expect(parseQueueJson('squeue: unrecognized option --json')).to.equal(undefined)
    expect(
      ['slurm 22.05.8', 'slurm-wlm 21.08.5', 'slurm 23.02.7', 'slurm 24.05.1'].map(printsJson),
    ).to.deep.equal([false, false, true, true])
  })

  it('reads the machines that sinfo lists', () => {
    const machines = parseMachines('2|gpu:a100:4(S:0-1)\n1|gpu:h100:2,gpu:a100:6,shard:8\n8|(null)\n')
    expect(machines).to.deep.equal([
      { count: 2, gpus: 4 },
      { count: 1, gpus: 8 },
      { count: 8, gpus: 0 },
    ])
    expect(requireSlurmGpus(machines, {})).to.equal(1)
    expect(requireSlurmGpus(machines, { gpus: 4, nodes: 3 })).to.equal(4)
    expect(() => requireSlurmGpus(machines, { gpus: 4, nodes: 4 })).to.throw(/has 3 machines with 4 GPUs/)
    expect(() => requireSlurmGpus(machines, { gpus: 9 })).to.throw(/has 8 on one machine at most/)
    expect(requireSlurmGpus(parseMachines('3|(null)'), {})).to.equal(0)
  })

  it('writes a script in which no word of a user is a command', () => {
    const job: Job = {
      ...{ id: 'ft-a-1', folder: "/nfs/it's $(here)", python: '/opt/my trl/python' },
      command: { script: 'train.py', args: ["/nfs/it's $(here)/config.json", '1'] },
      resources: { gpus: 2, nodes: 1 },
    }
    for (const script of [batchScript(job), arrayScript([{ ...job, array: { id: 'all', task: 0 } }])]) {
      expect(script).to.contain(`folder='/nfs/it'\\''s $(here)'\n`)
      expect(script).to.contain(`set -- '/opt/my trl/python' '/nfs/it'\\''s $(here)/train.py'`)
      expect(script.match(/^.*\(here\).*$/gm)).to.have.length(2)
    }
    const long = { ...job, resources: { gpus: 0, nodes: 1, time: '1\n#SBATCH --uid=0' } }
    expect(() => batchScript(long)).to.throw(/is not accepted by sbatch/)
  })

  it('tells a signal from an exit code', () => {
    expect(exitOf(137)).to.deep.equal({ signal: 'SIGKILL' })
    expect(exitOf(-9)).to.deep.equal({ signal: 'SIGKILL' })
    expect(exitOf(3)).to.deep.equal({ exitCode: 3 })
    expect(exitOf(143)).to.deep.equal({ exitCode: 143 })
    expect(exitOf(null)).to.deep.equal({})
  })
})
