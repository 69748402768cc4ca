import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { renderConfigurations } from '../../src/cli/text/configurations.ts'
import type { ConfigurationsReport } from '../../src/lib/reporting/compare/report-configurations.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { createSmallDataset, recordEvaluatedRun } from '../helpers/record-evaluated-run.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

describe('eval:compare of configurations', () => {
  const cured = { label: 'with the cure' }
  const folder = inOwnFolder('eval-compare-')
  let home: string
  const datasets: string[] = []

  before(async () => {
    home = join(folder(), 'home')
    // Of 6 facts the base knows 3, 2 and 4, the cure 5, 6 and 5.
    for (const [index, unknown] of [
      [3, 1],
      [4, 0],
      [2, 1],
    ].entries()) {
      const seed = index + 1
      const dataset = (await createSmallDataset(folder(), seed)).directory
      datasets.push(dataset)
      const shared = { home, dataset, hyperparameters: { seed } }
      const [base, cure] = unknown as [number, number]
      await recordEvaluatedRun({
        ...shared,
        id: `ft-base-${seed}`,
        unknown: base,
        changes: { tags: ['base'] },
      })
      await recordEvaluatedRun({
        ...{ ...shared, id: `ft-cure-${seed}`, unknown: cure },
        hyperparameters: { seed, n_epochs: 20 },
        changes: { tags: ['cure'], ...cured },
      })
    }
  })

  const compare = (...argv: string[]) => runJson<ConfigurationsReport>('eval:compare', ...argv)
  const usage = async (message: string | RegExp, ...argv: string[]) => {
    const { error } = await runCommand('eval:compare', ...argv)
    expect(error?.message).to.match(typeof message === 'string' ? new RegExp(`^${message}`) : message)
    expect(error?.oclif?.exit).to.equal(EXIT.usage)
  }

  it('tests over seeds and facts at once, paired by both', async () => {
    const { first, second, comparisons, same_configuration, evaluator } = await compare(
      ...['--tag', 'cure', '--tag', 'base'],
    )
    expect(evaluator).to.equal('reverse')
    expect(same_configuration).to.equal(undefined)
    expect(first).to.deep.include({ name: 'cure', configuration: 'ada, with the cure, 20 epochs' })
    expect(second.name).to.equal('base')
    expect(second.seeds.toSorted()).to.deep.equal([1, 2, 3])
    const own = comparisons.find(
      ({ split, measure }) => split === 'd2p_prompts_test' && measure === 'prefix_match',
    )!
    expect(own).to.deep.include({
      ...{ unit: 'share', paired: { seeds: true, facts: true }, runs: { first: 3, second: 3 } },
      ...{ facts: 18, prompts: 72 },
    })
    expect(own.first.estimate).to.be.closeTo(16 / 18, 1e-12)
    expect(own.second.estimate).to.be.closeTo(9 / 18, 1e-12)
    // Differences of the seeds are 2, 4 and 1 of 6 facts: t = √7 with 2 degrees of freedom, whose p is 1 − t / √(2 + t²).
    expect(own.difference.estimate).to.be.closeTo(7 / 18, 1e-12)
    expect(own.difference).to.deep.include({ df: 2, over: ['runs', 'facts'] })
    expect(own.difference.statistic).to.be.closeTo(Math.sqrt(7), 1e-9)
    expect(own.p.two_way).to.be.closeTo(1 - Math.sqrt(7) / 3, 1e-9)
    // The two splits that anything is known in have the same p; in the others nothing differs.
    expect(own.p.holm).to.be.closeTo(2 * (1 - Math.sqrt(7) / 3), 1e-9)
    // Seven facts fell to one side and none to the other; three seeds did.
    expect(own.p.facts).to.be.closeTo(2 / 2 ** 7, 1e-12)
    expect(own.p.runs).to.equal(2 / 2 ** 3)
    const reverse = comparisons.find(
      ({ split, measure }) => split === 'd2p_reverse_prompts_test' && measure === 'prefix_match',
    )!
    expect(reverse.difference).to.include({ estimate: 0, low: null, high: null, p: null })
    expect(reverse.p).to.deep.include({ facts: 1, runs: 1, holm: null })
    expect(comparisons.some(({ split }) => split.endsWith('_randomized'))).to.equal(false)
  })

  it('prints one table and writes one figure, where asked', async () => {
    const argv = ['--label', 'with the cure', '--tag', 'base', '--measure', 'prefix_match']
    const { stdout, error } = await runCommand('eval:compare', ...argv, '--output-dir', 'figures')
    expect(error).to.equal(undefined)
    expect(stdout).to.match(/^base: ada, 10 epochs, 3 runs with seed 1, 2, 3$/m)
    expect(stdout).to.match(/^Paired by seed and fact\.$/m)
    expect(stdout).to.match(
      /^split +measure +facts +base +with the cure +base - with the cure +p +p \(Holm\) +p by fact +p by run$/m,
    )
    expect(stdout).to.match(
      /^DescriptionToName, same +prefix match +18 +50\.0 % +88\.9 % +−38\.9 \[−100\.0, 24\.4\] +0\.12 +0\.24 +0\.016 +0\.25$/m,
    )
    expect(stdout).to.match(/^With 3 pairs of runs p by run cannot be below 0\.25; it takes 6 seeds/m)
    expect(await readdir('figures')).to.have.members(
      ['csv', 'pdf', 'png', 'svg', 'vl.json'].map((ending) => `comparison.${ending}`),
    )
    const csv = await readFile('figures/comparison.csv', 'utf8')
    expect(csv).to.match(/^d2p_prompts_test,prefix_match,0\.5,/m)
    const usual = await compare('--tag', 'base', '--tag', 'cure')
    const paper = await compare(...argv, '--output-dir', 'paper', '--no-title', '--width', '170')

    expect(await readFile('figures/comparison.svg', 'utf8')).to.include('with the cure: ada')
    expect(await readFile(paper.files.svg, 'utf8'))
      .to.include(' width="170mm" ')
      .and.not.include('with the cure: ada')
    expect(usual.files.svg).to.equal(join(process.cwd(), 'reports/base_vs_cure/comparison.svg'))
    expect(await readFile(usual.files.svg, 'utf8'))
      .to.include('DescriptionToName, same')
      .and.include('base minus cure')
  })

  it('says what one seed cannot say', async () => {
    const store = new RunStore(home)
    for (const id of ['ft-base-1']) await store.tag(id, { add: ['base-one'] })
    for (const id of ['ft-cure-1']) await store.tag(id, { add: ['cure-one'] })
    const report = await compare('--tag', 'base-one', '--tag', 'cure-one', '--split', 'd2p_prompts_test')
    const [own] = report.comparisons
    expect(own).to.deep.include({ split: 'd2p_prompts_test', facts: 6, runs: { first: 1, second: 1 } })
    expect(own!.difference).to.deep.include({ over: ['facts'], df: 5 })
    expect(own!.p.runs).to.equal(null)
    expect(renderConfigurations(report).replace(/\s+/g, ' ')).to.include(
      'There is one run of base-one and cure-one: the tests say whether other facts would show the difference with these models, not whether models with other seeds would.',
    )
  })

  it('says which runs it leaves out, as the other side was not asked their prompts', async () => {
    const store = new RunStore(home)
    await store.tag('ft-cure-1', { add: ['only-first'] })
    const { stdout } = await runCommand('eval:compare', '--tag', 'base', '--tag', 'only-first')
    expect(stdout.replace(/\s+/g, ' ')).to.include(
      'DescriptionToName, same: 2 of 3 runs of base left out because the other side was not asked the same prompts.',
    )
    expect(stdout).not.to.include('of only-first left out')
  })

  it('pairs facts alone where the seeds differ, and nothing where the facts do', async () => {
    const store = new RunStore(home)
    await recordEvaluatedRun({
      ...{ home, id: 'ft-cure-9', dataset: datasets[0]!, unknown: 0 },
      hyperparameters: { seed: 9, n_epochs: 20 },
      changes: { tags: ['cure-nine'], ...cured },
    })
    for (const id of ['ft-base-1']) await store.tag(id, { add: ['base-first'] })
    const facts = await compare('--tag', 'base-first', '--tag', 'cure-nine')
    expect(facts.comparisons[0]!.paired).to.deep.equal({ seeds: false, facts: true })
    for (const id of ['ft-cure-2', 'ft-cure-3']) await store.tag(id, { add: ['cure-others'] })
    const none = await compare('--tag', 'base-first', '--tag', 'cure-others')
    expect(none.comparisons[0]).to.deep.include({
      ...{ paired: { seeds: false, facts: false }, facts: 18, runs: { first: 1, second: 2 } },
    })
    expect(renderConfigurations(none)).to.match(/^Not paired, as the two sides were asked different prompts/m)
  })

  it('refuses with one sentence what would mix experiments, and says what differs', async () => {
    const store = new RunStore(home)
    for (const id of ['ft-base-1', 'ft-cure-2']) await store.tag(id, { add: ['mixed'] })
    await usage(
      /^The tag mixed has runs of 2 configurations: ada, 10 epochs \(ft-base-1\); ada, with the cure, 20 epochs \(ft-cure-2\)\. Each side of a comparison must be one configuration\.$|^The tag mixed has runs of 2 configurations: ada, with the cure, 20 epochs \(ft-cure-2\); ada, 10 epochs \(ft-base-1\)\. Each side of a comparison must be one configuration\.$/,
      ...['--tag', 'mixed', '--tag', 'cure-one'],
    )
    for (const id of ['ft-base-1']) await store.tag(id, { add: ['again'] })
    await usage('The run ft-base-1 is on both sides: tag base, tag again', '--tag', 'base', '--tag', 'again')
    await usage('No run has the tag curee. Did you mean cure\\?', '--tag', 'base', '--tag', 'curee')
    await usage('No run has the label acure. They have with the cure', '--tag', 'base', '--label', 'acure')
  })

  it('refuses answers that came about in two ways, within a side and between them', async () => {
    const store = new RunStore(home)
    const reask = async (id: string, max_tokens: number) => {
      const [summary] = await store.evaluations(id)
      const path = join(store.evaluationsDirectory(id), summary!.id, 'summary.json')
      await writeFile(path, JSON.stringify({ ...summary, arguments: { ...summary!.arguments, max_tokens } }))
      return () => writeFile(path, JSON.stringify(summary))
    }
    const restore = await reask('ft-cure-3', 7)
    await usage(
      /^The tag cure has runs of 2 configurations: asked by reverse version \d+, max_tokens \d+, on small\d \(.*\); asked by reverse version \d+, max_tokens \d+, on small\d \(.*\)\. /,
      ...['--tag', 'cure', '--tag', 'base'],
    )
    await restore()
    const undo = await Promise.all([1, 2, 3].map((seed) => reask(`ft-cure-${seed}`, 7)))
    await usage(
      /^tag base and tag cure were not asked in the same way: reverse version \d+, max_tokens \d+; and reverse version \d+, max_tokens 7\.$/,
      ...['--tag', 'base', '--tag', 'cure'],
    )
    for (const own of undo) await own()
  })

  it('refuses sides that are not two', async () => {
    await usage('A comparison needs two sides, not 0.')
    await usage('A comparison needs two sides, not 1.', '--tag', 'base')
    await usage('A comparison needs two sides, not 3.', '--tag', 'a', '--tag', 'b', '--label', 'c')
    await usage('Both sides are the tag base', '--tag', 'base', '--tag', 'base')
    await usage('A comparison cannot mix runs with --tag or --label', 'ft-base-1', '--tag', 'cure')
    await usage('--split needs --tag or --label', 'ft-base-1', 'ft-cure-1', '--split', 'x')
    await usage('--output-dir, --width and --no-title need', 'ft-base-1', 'ft-cure-1', '--width', '85')
    await usage(
      'There is no split d2p_promts_test on both sides. Did you mean d2p_prompts_test',
      '--tag',
      'base',
      '--tag',
      'cure',
      '--split',
      'd2p_promts_test',
    )
  })
})
