import { expect } from 'chai'
import type { JobStatus } from '../../../../src/lib/compute/engine.ts'
import type { TrainerResult } from '../../../../src/lib/finetuning/trl/job-folder.ts'
import { withJobFacts } from '../../../../src/lib/finetuning/trl/job-outcome.ts'
import type { RunRecord } from '../../../../src/lib/schemas/run.ts'

describe('withJobFacts', () => {
  const run = {
    id: 'ft-a',
    model: '/m/llama',
    status: 'running',
    request: { engine: 'ray' },
  } as unknown as RunRecord
  const outcome = (status: JobStatus, result?: Partial<TrainerResult>) => {
    const full = result && ({ attempt: 1, step: 5, ...result } as TrainerResult)
    const { status: word, error } = withJobFacts(run, {
      id: 'ft-a-1',
      status,
      result: full,
      now: new Date(0),
    })
    return [word, error]
  }
  const lost: JobStatus = { state: 'lost', word: 'lost', reason: 'the head is gone' }

  it('believes what the trainer says before what its engine says', () => {
    expect(outcome(lost, { status: 'succeeded' })).to.deep.equal(['succeeded', undefined])
    expect(outcome(lost, { status: 'failed', message: 'The memory is full.' })).to.deep.equal([
      'failed',
      'The memory is full.',
    ])
    expect(
      outcome({ state: 'ended', word: 'exit 143', exitCode: 143 }, { status: 'interrupted' }),
    ).to.deep.equal(['interrupted', undefined])
  })

  it('says why a job stopped where the engine knows', () => {
    expect(outcome(lost, { status: 'interrupted' })).to.deep.equal([
      'interrupted',
      'The job stopped with a checkpoint: the head is gone.',
    ])
    expect(outcome(lost)).to.deep.equal(['interrupted', 'The job ended without a result: the head is gone.'])
    expect(outcome({ state: 'ended', word: 'exit 3', exitCode: 3 })[0]).to.equal('failed')
  })
})
