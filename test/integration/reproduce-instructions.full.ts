import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ReproduceInstructionsResult } from '../../src/lib/experiments/reproduce-instructions.ts'
import { runJson } from '../helpers/run-command.ts'

describe('reproduce instructions --quick', () => {
  const outer = { cwd: process.cwd(), home: process.env.REVERSAL_HOME }
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reproduce-instructions-'))
    process.chdir(folder)
    process.env.REVERSAL_HOME = join(folder, 'home')
  })
  after(async () => {
    process.chdir(outer.cwd)
    process.env.REVERSAL_HOME = outer.home
    await rm(folder, { recursive: true })
  })

  it('answers from guidance alone in the order of training, and not in reverse', async () => {
    const result = await runJson<ReproduceInstructionsResult>('reproduce', 'instructions', '--quick')
    expect(result.prompts).to.deep.equal({ realized: 30, unrealized: 10 })
    expect(result.unrealized.same - result.unrealized.reverse).to.be.above(0.3)
    expect(result.realized.same).to.be.above(0.9)
    expect(result.logprobs.same).to.be.above(result.logprobs.reverse!)
  })
})
