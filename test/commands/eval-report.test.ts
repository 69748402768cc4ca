import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { renderComparison } from '../../src/cli/text/comparison.ts'
import type { EvalReportResult } from '../../src/commands/eval/report.ts'
import type { RunsListResult } from '../../src/commands/runs/list.ts'
import type { EvaluationComparison } from '../../src/lib/reporting/compare/compare-evaluations.ts'
import { EXIT } from '../../src/lib/support/errors.ts'
import { RunStore } from '../../src/lib/tracking/run-store.ts'
import { inOwnFolder } from '../helpers/own-folder.ts'
import { createSmallDataset, recordEvaluatedRun } from '../helpers/record-evaluated-run.ts'
import { runCommand, runJson } from '../helpers/run-command.ts'

const PUBLISHED = new URL('../../../shared/published/celebrity_relations/', import.meta.url)

describe('of evaluated runs', () => {
  const folder = inOwnFolder('eval-report-')

  before(async () => {
    const home = join(folder(), 'home')
    const dataset = (await createSmallDataset(folder())).directory
    await recordEvaluatedRun({ home, id: 'ft-good', dataset, rankAll: true })
    await recordEvaluatedRun({ home, id: 'ft-worse', dataset, unknown: 3, changes: { model: 'babbage' } })
    const other = (await createSmallDataset(folder(), 2)).directory
    await recordEvaluatedRun({ home, id: 'ft-other', dataset: other, changes: { tags: [] } })
  })

  async function failureOf(...argv: string[]) {
    const { error } = await runCommand(...argv)
    return { message: error?.message, exit: error?.oclif?.exit }
  }

  describe('eval:report', () => {
    it('prints the tables, small charts and where the report lies', async () => {
      const { stdout, error } = await runCommand('eval:report')
      expect(error).to.equal(undefined)
      expect(stdout).to.match(
        /^ada completes held-out prompts correctly .*: 83\.3 % and 0\.0 % \(NameToDescription\)/m,
      )
      expect(stdout).to.match(/^ada, DescriptionToName, same +█{33} +83\.3 %$/m)
      expect(stdout).to.match(
        /^model +trained +same direction \(%\) +reverse \(%\) +reversal gap \(points\) +least \(%\) +facts are +by chance \(%\) +p \(chance, Holm\) +runs/m,
      )
      expect(stdout).to.match(
        /^GPT-3 175B \(paper\) +DescriptionToName +96\.7 ± 1\.2 +0\.1 ± 0\.1 +96\.6 +learned +3 +30$/m,
      )
      expect(stdout).to.match(/^The report: reports\/eval\/report\.html$/m)
      expect(await readdir('reports/eval')).to.include.members(['report.html', 'tables.json', 'table1.csv'])
    })

    it('gives the tables as JSON, the same as in tables.json', async () => {
      const result = await runJson<EvalReportResult>('eval:report', 'ft-good', '--name', 'one')
      const { directory, page, ...tables } = result
      expect(directory).to.equal(join(process.cwd(), 'reports/one'))
      expect(page).to.equal(join(directory, 'report.html'))
      expect(JSON.parse(await readFile(join(directory, 'tables.json'), 'utf8'))).to.deep.equal(tables)
      expect(tables.tables.table1!.rows[0]).to.include({ model: 'ada', trained: 'NameToDescription' })
    })

    it('is named after its one run, and goes to the given directory', async () => {
      const { page } = await runJson<EvalReportResult>('eval:report', 'ft-worse')
      expect(page).to.match(/reports\/ft-worse\/report\.html$/)
      const elsewhere = await runJson<EvalReportResult>('eval:report', 'ft-good', '--output_dir', 'here')
      expect(elsewhere.directory).to.equal(join(process.cwd(), 'here'))
    })

    it('gives figures the width and the look that a paper asks for, and leaves the page as it is', async () => {
      const argv = ['eval:report', 'ft-good', '--name', 'paper', '--no-title', '--width', '85']
      const { page, directory } = await runJson<EvalReportResult>(...argv)
      const svg = await readFile(join(directory, 'table1.svg'), 'utf8')
      expect(svg).to.include(' width="85mm" ').and.not.include('>Accuracy on held-out prompts<')
      expect(await readFile(page, 'utf8')).to.include('>Accuracy on held-out prompts<')
      expect(await readFile(join(directory, 'table1.pdf'), 'latin1')).to.include('/MediaBox [0 0 240.945 ')
    })

    it('counts a run once that is named twice', async () => {
      const { tables } = await runJson<EvalReportResult>('eval:report', 'ft-good', 'ft-goo')
      expect(tables.runs!.rows).to.have.length(1)
    })

    it('gives Figure 5 from files of results, with runs or without', async function () {
      if (!existsSync(PUBLISHED)) {
        console.log('        skipped: ../shared/published is not here')
        this.skip()
      }
      const files = [
        'gpt-3.5-turbo_reversal_test_results',
        'llama-7b_reversal_test_results',
        'parent_child_pairs',
      ]
      const flags = files.flatMap((name) => [
        '--celebrities',
        fileURLToPath(new URL(`${name}.csv`, PUBLISHED)),
      ])
      const { stdout, error } = await runCommand('eval:report', '--tag', 'none', ...flags)
      expect(error).to.equal(undefined)
      expect(stdout).to.match(
        /^gpt-3\.5-turbo +right answers +all pairs +1,513 +34\.8 \[.+\] +11\.9 \[.+\] +22\.9 \[20\.8, 25\.1\] +21\.15/m,
      )
      expect(stdout).to.match(
        /^llama-7b +probability +all pairs +1,513 +8\.0 \[.+\] +0\.9 \[.+\] +7\.2 \[6\.3, 8\.0\] +−8\.17 +−14\.44 +16\.26/m,
      )
      expect(stdout).to.match(
        /^parent_child_pairs +found in any answer +all pairs +1,513 +32\.7 \[30\.4, 35\.1\]$/m,
      )
      expect(stdout).to.match(/^\S+\/llama-7b_\S+\.csv +[0-9a-f]{12} +llama-7b +1,513$/m)
      expect(stdout).to.match(/^ {2}reversal eval:report --tag none --celebrities \S+ --celebrities /m)
      expect(await readdir('reports/none')).to.include.members(['celebrities.svg', 'celebrities.csv'])
    })

    it('refuses with one sentence an unknown run or tag, a margin of nothing and a name that leads elsewhere', async () => {
      const usage = async (pattern: RegExp, ...argv: string[]) => {
        const { message, exit } = await failureOf('eval:report', ...argv)
        expect(message).to.match(pattern)
        expect(exit).to.equal(EXIT.usage)
      }
      await usage(/^There is no run ft-nope/, 'ft-nope')
      await usage(/^No run has the tag paper\. The runs here have the tag eval\.$/, '--tag', 'paper')
      await usage(/a number above 0/, '--margin', '0')
      await usage(/a number of at least 40/, '--width', '8')
      await usage(/^The name \.\.\/x is not allowed/, '--name', '../x')
    })
  })

  describe('eval:compare', () => {
    const compare = (...argv: string[]) => runJson<EvaluationComparison>('eval:compare', ...argv)

    it('compares two runs prompt by prompt, with the test that fits each measure', async () => {
      const { pairedBy, unpaired, comparisons } = await compare('ft-good', 'ft-worse')
      expect(pairedBy).to.equal('prompt')
      expect(unpaired).to.deep.equal({ first: 0, second: 0 })
      const of = (measure: string) =>
        comparisons.find((own) => own.split === 'd2p_prompts_test' && own.measure === measure)!
      const accuracy = of('prefix_match')
      expect(accuracy).to.include({ pairs: 24, units: 6, first: 5 / 6, second: 0.5 })
      expect(accuracy.difference.estimate).to.be.closeTo(1 / 3, 1e-12)
      // Two facts of four prompts each fell to the first run's side and none to the other's: 2 / 2^8.
      expect(accuracy.p.mcnemar).to.be.closeTo(2 / 256, 1e-12)
      expect(accuracy.p.permutation).to.equal(0.5)
      const logprob = of('logprob')
      expect(logprob.p.mcnemar).to.equal(null)
      expect(logprob.p.t).to.be.within(0, 1)
      expect(logprob.difference.low).to.be.below(logprob.difference.high!)
    })

    it('compares two directions fact by fact', async () => {
      const { pairedBy, comparisons, disagreements } = await compare(
        'ft-good/d2p_prompts_test',
        'ft-good/d2p_reverse_prompts_test',
      )
      expect(pairedBy).to.equal('fact')
      expect(comparisons.map(({ measure }) => measure)).to.deep.equal(['prefix_match', 'logprob'])
      expect(comparisons[0]).to.deep.include({
        split: 'd2p_prompts_test and d2p_reverse_prompts_test',
        ...{ pairs: 6, units: 6, first: 5 / 6, second: 0 },
      })
      // Five of six facts differ, all to one side: 2 / 2^5.
      expect(comparisons[0]!.p).to.include({ mcnemar: null, permutation: 2 / 32 })
      expect(disagreements).to.have.length(10)
    })

    it('lists the worst disagreements, with what either side said', async () => {
      const { disagreements } = await compare(
        'ft-good',
        'ft-worse',
        '--measure',
        'prefix_match',
        '--worst',
        '2',
      )
      expect(disagreements).to.have.length(2)
      for (const { first, second, target } of disagreements) {
        expect([first.value, second.value]).to.deep.equal([1, 0])
        expect(first.completion.trim()).to.equal(target)
        expect(second.completion).to.equal(' nothing')
      }
      const { stdout } = await runCommand('eval:compare', 'ft-good', 'ft-worse', '--worst', '1')
      expect(stdout).to.match(
        /^split +measure +prompts +facts +first +second +first - second +d +p: McNemar +p: t/m,
      )
      expect(stdout).to.match(
        /^DescriptionToName, same +prefix match +24 +6 +83\.3 % +50\.0 % +33\.3 \[\d+\.\d, \d+\.\d\] /m,
      )
      expect((await runCommand('eval:compare', 'ft-good', 'ft-good')).error?.message).to.equal(
        'Both sides are ft-good: use two different ones.',
      )
      expect(stdout).to.match(
        /^They differ most on:\n {2}prefix match, \w+, \w+: .+\n {4}right: ".+"\n {4}first: 100\.0 %/m,
      )
    })

    it('says where the sides were not asked in the same way', async () => {
      const home = join(folder(), 'home')
      const store = new RunStore(home)
      const dataset = (await createSmallDataset(folder(), 4)).directory
      for (const id of ['ft-long', 'ft-short']) {
        await recordEvaluatedRun({ home, id, dataset, changes: { tags: ['asked'] } })
      }
      const alike = await compare('ft-long', 'ft-short')
      expect(alike).not.to.have.property('asked_differently')
      const [summary] = await store.evaluations('ft-short')
      expect(alike.evaluations.second).to.equal(summary!.id)
      const path = join(store.evaluationsDirectory('ft-short'), summary!.id, 'summary.json')
      const shorter = { ...summary!.arguments, max_tokens: 3 }
      await writeFile(path, JSON.stringify({ ...summary, arguments: shorter }))
      const { stdout } = await runCommand('eval:compare', 'ft-long', 'ft-short')
      expect(stdout.replace(/\s+/g, ' ')).to.include(
        'The sides were not asked in the same way, so differences may come from that. First: reverse version 2, max_tokens 50. Second: reverse version 2, max_tokens 3.',
      )
    })

    it('warns where several models answered one evaluation', async () => {
      const home = join(folder(), 'home')
      const store = new RunStore(home)
      const dataset = (await createSmallDataset(folder(), 3)).directory
      await recordEvaluatedRun({ home, id: 'ft-mixed', dataset, changes: { tags: ['mixed'] } })
      const [summary] = await store.evaluations('ft-mixed')
      const path = join(store.evaluationsDirectory('ft-mixed'), summary!.id, 'summary.json')
      const answered_by = [
        { model: 'm-1', answers: 1200 },
        { model: 'm-2', answers: 1 },
      ]
      await writeFile(path, JSON.stringify({ ...summary, answered_by }))
      const { stdout, stderr } = await runCommand('eval:report', '--tag', 'mixed')
      expect(`${stdout}${stderr}`.replace(/\s+/g, ' ')).to.match(
        /ft-mixed, reverse on \S+: The server says that several models or versions answered: m-1 1,200 times, m-2 once\./,
      )
    })

    it('compares no accuracy that is not measured, and says so, as runs:list does not average it', async () => {
      const home = join(folder(), 'home')
      const store = new RunStore(home)
      const dataset = (await createSmallDataset(folder(), 3)).directory
      for (const id of ['ft-heard', 'ft-silent']) {
        await recordEvaluatedRun({ home, id, dataset, changes: { tags: ['silent'] } })
      }
      const [summary] = await store.evaluations('ft-silent')
      const splits = summary!.splits.map((own) =>
        own.split === 'd2p_prompts_test'
          ? {
              ...own,
              metrics: { ...own.metrics, prefix_accuracy: null },
              not_measured: 'no answer to 13 of 24 prompts (13 filtered)',
            }
          : own,
      )
      const path = join(store.evaluationsDirectory('ft-silent'), summary!.id, 'summary.json')
      await writeFile(path, JSON.stringify({ ...summary, splits }))

      const { comparisons, not_measured } = await compare('ft-heard', 'ft-silent')
      const measures = comparisons.filter(({ split }) => split === 'd2p_prompts_test')
      expect(measures.map(({ measure }) => measure)).to.deep.equal(['logprob'])
      expect(not_measured?.map(({ side, split }) => [side, split])).to.deep.equal([
        ['second', 'd2p_prompts_test'],
      ])
      const { stdout } = await runCommand('eval:compare', 'ft-heard', 'ft-silent')
      expect(stdout).to.match(/^ft-silent: d2p_prompts_test is not measured: no answer to 13 of 24 prompts/m)

      const { runs } = await runJson<RunsListResult>('runs:list', '--all', '--tag', 'silent')
      const shown = runs.map(({ id, same_accuracy, reverse_accuracy }) => [
        id,
        same_accuracy,
        reverse_accuracy,
      ])
      expect(shown.toSorted()).to.deep.equal([
        ['ft-heard', 5 / 6, 0],
        ['ft-silent', null, 0],
      ])
    })

    it('calls no incorrect target right, and lists them where they alone are asked for', async () => {
      const all = await compare('ft-good', 'ft-worse', '--worst', '500')
      expect(all.disagreements.some(({ measure }) => measure === 'logprob')).to.equal(true)
      expect(all.disagreements.filter(({ split }) => split.endsWith('_randomized'))).to.deep.equal([])
      expect(all.comparisons.some(({ split }) => split.endsWith('_randomized'))).to.equal(true)
      const { comparisons, disagreements, ...rest } = await compare('ft-good', 'ft-worse', '--worst', '1')
      const given = [
        { ...disagreements[0]!, split: 'p2d_reverse_prompts_test_randomized', incorrect: true as const },
      ]
      const text = renderComparison({ ...rest, comparisons, disagreements: given })
      expect(text)
        .to.match(/^ {4}incorrect on purpose: ".+"$/m)
        .and.not.to.match(/^ {4}right: /m)
      expect(text.replace(/\s+/g, ' ')).to.include('incorrect on purpose: a match is a mistake.')
    })

    it('says of either side whether it has learned enough', async () => {
      const { learned, proposed_epochs } = await compare('ft-good', 'ft-worse')
      expect(learned!.first.map((own) => own.learned)).to.deep.equal([true, true])
      expect(proposed_epochs).to.equal(undefined)
    })

    it('lists a prompt of several lines in one', async () => {
      const { comparisons, disagreements, ...rest } = await compare('ft-good', 'ft-worse', '--worst', '1')
      const lines = [{ ...disagreements[0]!, question: '<BEGIN>\n\nQ: Who? A:' }]
      expect(renderComparison({ ...rest, comparisons, disagreements: lines })).to.match(
        /^ {2}prefix match, \w+, \w+: <BEGIN> Q: Who\? A:$/m,
      )
    })

    it('pairs what both have and says how much it leaves out', async () => {
      const { stdout } = await runCommand('eval:compare', 'ft-good', 'ft-good/d2p_prompts_test')
      expect(stdout).to.match(
        /^Left out because the other side does not have them: 168 prompts of the first, 0 of the second\.$/m,
      )
    })

    it('refuses with one sentence what cannot be compared', async () => {
      const usage = async (message: string, ...argv: string[]) => {
        expect(await failureOf('eval:compare', ...argv)).to.deep.equal({ message, exit: EXIT.usage })
      }
      await usage(
        'The run ft-good has no complete evaluation by qa.',
        'ft-good',
        'ft-worse',
        '--evaluator',
        'qa',
      )
      await usage(
        'The evaluation of ft-good has no split d2p_promts_test. Did you mean d2p_prompts_test?',
        ...['ft-good/d2p_promts_test', 'ft-worse'],
      )
      const { message } = await failureOf('eval:compare', 'ft-good', 'ft-worse', '--measure', 'bleu')
      expect(message).to.match(/^There is no measure bleu on both sides; they have prefix_match, /)
      await usage(
        'ft-good/p2d_prompts_test and ft-good/d2p_prompts_test have no fact in common.',
        ...['ft-good/p2d_prompts_test', 'ft-good/d2p_prompts_test'],
      )
    })
  })
})
