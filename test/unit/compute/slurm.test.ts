import { expect } from 'chai'
import type { Job } from '../../../src/lib/compute/engine.ts'
import { exitOf } from '../../../src/lib/compute/exit-status.ts'
import { batchScript } from '../../../src/lib/compute/slurm/batch-script.ts'
import {
  chooseRow,
  isAlive,
  isQueued,
  parseRows,
  reasonOfEnd,
} from '../../../src/lib/compute/slurm/job-states.ts'
import { parseMachines, requireSlurmGpus } from '../../../src/lib/compute/slurm/slurm-gpus.ts'

describe('the engine slurm', () => {
  it('reads what squeue and sacct print', () => {
    const rows = parseRows(
      '41|FAILED|NonZeroExitCode|reversal:ft-a-1\n42|PENDING|Resources|reversal:ft-a-1\n\nslurm_load_jobs error: Invalid job id specified\n',
    )
    expect(rows).to.deep.equal([
      { number: '41', state: 'FAILED', reason: 'NonZeroExitCode' },
      { number: '42', state: 'PENDING', reason: 'Resources' },
    ])
    expect(chooseRow(rows)).to.deep.include({ number: '42' })
    const [cancelled] = parseRows('43|CANCELLED by 1000\n')
    expect(cancelled).to.deep.equal({ number: '43', state: 'CANCELLED' })
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
    const script = batchScript(job)
    expect(script).to.contain(`cd '/nfs/it'\\''s $(here)' || exit 66\n`)
    expect(script).to.contain(`srun '/opt/my trl/python' '/nfs/it'\\''s $(here)/train.py'`)
    const long = { ...job, resources: { gpus: 0, nodes: 1, time: '1\n#SBATCH --uid=0' } }
    expect(() => batchScript(long)).to.throw(/is nothing that sbatch takes/)
  })

  it('tells a signal from an exit code', () => {
    expect(exitOf(137)).to.deep.equal({ signal: 'SIGKILL' })
    expect(exitOf(-9)).to.deep.equal({ signal: 'SIGKILL' })
    expect(exitOf(3)).to.deep.equal({ exitCode: 3 })
    expect(exitOf(143)).to.deep.equal({ exitCode: 143 })
    expect(exitOf(null)).to.deep.equal({})
  })
})
