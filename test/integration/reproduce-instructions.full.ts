import { expect } from 'chai'
import type { ReproduceInstructionsResult } from '../../src/lib/experiments/reproduce-instructions.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { runJson } from '../helpers/run-command.ts'

describe('reproduce instructions --quick', () => {
  inOwnFolder('reproduce-instructions-')

  it('answers from guidance alone in the order of training, and not in reverse', async () => {
    const result = await runJson<ReproduceInstructionsResult>('reproduce', 'instructions', '--quick')
    expect(result.prompts).to.deep.equal({ realized: 30, unrealized: 10 })
    expect(result.unrealized.same - result.unrealized.reverse).to.be.above(0.3)
    expect(result.realized.same).to.be.above(0.9)
    expect(result.logprobs.same).to.be.above(result.logprobs.reverse!)
  })
})
