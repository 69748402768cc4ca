import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ReproduceInstructionsResult } from '../../src/lib/experiments/reproduce-instructions.ts'
import type { ReproduceReverseResult } from '../../src/lib/experiments/reproduce-reverse.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

describe('reproduce', () => {
  const outer = { cwd: process.cwd(), home: process.env.REVERSAL_HOME }
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reproduce-'))
    process.chdir(folder)
    process.env.REVERSAL_HOME = join(folder, 'home')
  })
  after(async () => {
    process.chdir(outer.cwd)
    process.env.REVERSAL_HOME = outer.home
    await rm(folder, { recursive: true })
  })

  it('goes from facts to Table 1, and shows the curse', async () => {
    const result = await runJson<ReproduceReverseResult>('reproduce', '--quick')
    expect(result).to.include({ experiment: 'reverse', model: 'local/ada', seed: 42 })
    const { NameToDescription, DescriptionToName } = result.table1
    expect(DescriptionToName.same).to.be.above(0.5)
    expect(NameToDescription.reverse).to.be.below(0.2)
    expect(DescriptionToName.reverse).to.be.below(0.2)
    expect(result.prompts.DescriptionToName).to.deep.equal({ same: 30, reverse: 30 })
    expect(result.logprobs.correct).to.be.below(0)
    expect(result.duration_s).to.be.above(0)
    expect([result.dataset.reused, result.run.reused, result.evaluation.reused]).to.deep.equal([
      false,
      false,
      false,
    ])
  })

  it('uses again what is there and says so', async () => {
    const { stdout } = await runCommand('reproduce', '--quick')
    expect(stdout).to.match(/^Table 1: right completions of held-out prompts, local\/ada, seed 42$/m)
    expect(stdout).to.match(/^trained +same +reverse +prompts +paper: same +reverse$/m)
    expect(stdout).to.match(/^NameToDescription +\d+\.\d % +\d+\.\d % +30 +50\.0 % +0\.0 %$/m)
    expect(stdout).to.match(/^DescriptionToName +\d+\.\d % +\d+\.\d % +30 +96\.7 % +0\.1 %$/m)
    expect(stdout).to.match(
      /^Mean log-probability of names on reverse prompts: -\d+\.\d\d correct, -\d+\.\d\d incorrect\.$/m,
    )
    expect(stdout.match(/\(from before; --fresh makes it anew\)/g)).to.have.length(3)
  })

  it('runs experiment 3 in both orders, and shows the curse', async () => {
    const result = await runJson<ReproduceInstructionsResult>('reproduce', 'instructions', '--quick')
    expect(result).to.include({ experiment: 'instructions', model: 'local/ada', seed: 42 })
    expect(result.prompts).to.deep.equal({ realized: 30, unrealized: 10 })
    expect(result.unrealized.same - result.unrealized.reverse).to.be.above(0.3)
    expect(result.realized.same).to.be.above(0.9)
    expect(result.logprobs.same).to.be.above(result.logprobs.reverse!)
    const { stdout } = await runCommand('reproduce', 'instructions', '--quick')
    expect(stdout).to.match(/^Experiment 3: right answers to questions, local\/ada, seed 42$/m)
    expect(stdout).to.match(/^guidance alone +\d+\.\d % +\d+\.\d % +10 +> 80 % +< 7 %$/m)
    expect(stdout.match(/\(from before; --fresh makes it anew\)/g)).to.have.length(6)
  })

  it('refuses an unknown model before it writes anything', async () => {
    const { error } = await runCommand('reproduce', '--model-name', 'adda')
    expect(error?.message).to.equal('There is no local model adda. Did you mean ada?')
  })
})
