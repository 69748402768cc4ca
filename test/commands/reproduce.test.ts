import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ReproduceResult } from '../../src/cli/flows/reproduction.ts'
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
    const result = await runJson<ReproduceResult & ReproduceReverseResult>('reproduce', '--quick')
    expect(result).to.include({ experiment: 'reverse', model: 'local/ada', seed: 42 })
    const { NameToDescription, DescriptionToName } = result.table1
    expect(DescriptionToName.same).to.be.above(0.5)
    expect(NameToDescription.reverse).to.be.below(0.2)
    expect(DescriptionToName.reverse).to.be.below(0.2)
    expect(result.prompts.DescriptionToName).to.deep.equal({ same: 30, reverse: 30 })
    expect(result.logprobs.correct).to.be.below(0)
    expect(result.duration_s).to.be.above(0)
    expect(result.results).to.have.length(1)
    expect(result.report.page).to.equal(join(process.cwd(), 'reports/reproduce-reverse-quick/report.html'))
    expect(result.report.findings).to.have.length(4)
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
    expect(stdout).to.match(/^The report: reports\/reproduce-reverse-quick\/report\.html$/m)
    expect(await readdir('reports/reproduce-reverse-quick')).to.include.members([
      'table1.svg',
      'figure4_same.csv',
    ])
  })

  it('takes several seeds, which have one seed’s place', async () => {
    const { results, seed } = await runJson<ReproduceResult>('reproduce', '--quick', '--seeds', '42,42')
    expect(results.map((result) => result.seed)).to.deep.equal([42, 42])
    expect(seed).to.equal(42)
    const { error } = await runCommand('reproduce', '--quick', '--seeds', '1,2', '--seed', '3')
    expect(error?.message).to.match(/--seed=3 cannot also be provided when using --seeds/)
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
