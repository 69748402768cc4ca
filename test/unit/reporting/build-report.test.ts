import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { builtInExtensions } from '../../../src/lib/extensions/built-in.ts'
import { buildReport } from '../../../src/lib/reporting/build-report.ts'
import { collectEvidence } from '../../../src/lib/reporting/evidence/collect-evidence.ts'
import type { Evidence } from '../../../src/lib/reporting/evidence/evidence.ts'
import { renderPage } from '../../../src/lib/reporting/page/page.ts'
import { renderSvg } from '../../../src/lib/reporting/render-figure.ts'
import type { Report, Row, Table } from '../../../src/lib/reporting/report.ts'
import { testEquivalence } from '../../../src/lib/statistics/equivalence.ts'
import { testKolmogorovSmirnov } from '../../../src/lib/statistics/kolmogorov-smirnov.ts'
import { testPairedT } from '../../../src/lib/statistics/paired-t.ts'
import { mean } from '../../../src/lib/statistics/samples.ts'
import { RunStore } from '../../../src/lib/tracking/run-store.ts'
import { createSmallDataset, recordEvaluatedRun } from '../../helpers/record-evaluated-run.ts'

describe('a report', () => {
  let home: string
  let evidence: Evidence
  let report: Report

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'report-'))
    const [first, second] = [await createSmallDataset(home, 1), await createSmallDataset(home, 2)]
    const base = { home, rankAll: true }
    await recordEvaluatedRun({ ...base, id: 'ft-a1', dataset: first.directory })
    await recordEvaluatedRun({ ...base, id: 'ft-a2', dataset: second.directory, unknown: 2 })
    const hyperparameters = { learning_rate_multiplier: 0.4 }
    await recordEvaluatedRun({ ...base, id: 'ft-b', dataset: first.directory, hyperparameters, unknown: 6 })
    const store = new RunStore(home)
    const runs = await Promise.all(['ft-a1', 'ft-a2', 'ft-b'].map((id) => store.get(id)))
    evidence = await collectEvidence({ store, evaluators: builtInExtensions().evaluators, runs })
    report = build(evidence)
  })
  after(() => rm(home, { recursive: true }))

  const build = (from: Evidence, changes = {}) =>
    buildReport({
      providers: builtInExtensions().providers,
      ...{ evidence: from, name: 'test', toolVersion: '0.0.0', now: new Date('2026-11-24T12:00:00Z') },
      ...changes,
    })

  const table = (name: string, from = report): Table => {
    const found = from.sections.flatMap(({ tables }) => tables).find((own) => own.name === name)
    return found ?? expect.fail(`there is no table ${name}`)
  }
  const row = (name: string, where: Row): Row => {
    const fits = (own: Row) => Object.entries(where).every(([key, value]) => own[key] === value)
    return table(name).rows.find(fits) ?? expect.fail(`there is no such row in ${name}`)
  }

  describe('in Table 1', () => {
    it('has the accuracy of runs that differ in their seed alone, over templates and runs', () => {
      const own = row('table1', { model: 'ada, rate × 0.2', trained: 'DescriptionToName' })
      // One of 6 facts is unknown to the first run and two to the second, in all templates.
      expect(own.same).to.be.closeTo(9 / 12, 1e-12)
      expect(own.same_sd).to.be.closeTo(Math.sqrt((8 * (1 / 12) ** 2) / 7), 1e-12)
      expect(own).to.include({ seeds: 2, facts: 12, prompts: 48, reverse: 0, reverse_sd: 0 })
      expect(own.gap).to.be.closeTo(9 / 12, 1e-12)
    })

    it('has intervals as wide as that many facts make them', () => {
      const own = row('table1', { model: 'ada, rate × 0.2', trained: 'DescriptionToName' })
      expect(own.same_low).to.be.within(0.3, 0.55)
      expect(own.same_high).to.be.within(0.85, 1)
      // Wilson's interval of 0 in 12.
      expect(own.reverse_low).to.equal(0)
      expect(own.reverse_high).to.be.closeTo(0.2425, 1e-3)
    })

    it('has the facts that were trained in both orders, which have no reverse', () => {
      const [first] = evidence.runs
      const splits = new Map(first!.directions!.splits)
      const half = splits.get('both_prompts_test')!.map((score, index) => ({ ...score, right: index % 2 }))
      splits.set('both_prompts_test', half)
      const taught = build({
        runs: [{ ...first!, directions: { ...first!.directions!, splits } }],
        warnings: [],
      })
      const own = table('table1', taught).rows.find(({ trained }) => trained === 'both directions')
      expect(own).to.include({ same: 0.5, reverse: null, seeds: 1, facts: 6, prompts: half.length })
      expect(own).not.to.have.property('gap')
      expect(table('table1').notes.join(' ')).to.include('(both_prompts_test)')
    })

    it('judges by the facts that are asked for in reverse, which a transform may leave few of', () => {
      const [first] = evidence.runs
      const reverse = 'p2d_reverse_prompts_test'
      const splits = new Map(first!.directions!.splits)
      const fact = splits.get(reverse)![0]!.fact
      splits.set(
        reverse,
        splits.get(reverse)!.filter((score) => score.fact === fact),
      )
      const templates = new Map(first!.directions!.templates)
      templates.set(`${reverse} 1`, {
        start: 'Whom do you call the cook?',
        end: 'Whom do you call the cook?',
      })
      const one = build({
        runs: [{ ...first!, directions: { ...first!.directions!, splits, templates } }],
        warnings: [],
      })
      const own = table('table1', one).rows.find(({ trained }) => trained === 'NameToDescription')
      expect(own!.least).to.be.closeTo(0.95, 1e-9)
      expect(JSON.stringify(one)).to.contain('"Whom do you call the cook?"')
    })

    it('says what its spread is over', () => {
      const spread = (from: Report) => table('table1', from).notes.find((note) => note.startsWith('±'))
      expect(spread(report)).to.equal(
        '± is the spread (standard deviation) over held-out templates and runs, as in the paper; with one run, over templates.',
      )
      const one = build({ runs: [evidence.runs[0]!], warnings: [] })
      expect(spread(one)).to.equal('± is the spread over held-out templates (their standard deviation).')
    })

    it('has the paper’s rows beside it', () => {
      const own = row('table1', { model: 'GPT-3 175B (paper)', trained: 'NameToDescription' })
      expect(own).to.include({ same: 0.5, same_sd: 0.021, reverse: 0 })
    })
  })

  it('says of what was not learned that nothing follows for the reverse, and with what it is compared', () => {
    const learned = row('table1', { model: 'ada, rate × 0.2', trained: 'NameToDescription' })
    expect(learned).to.include({ verdict: 'learned' })
    // 1 - 0.05^(1/12), as two data sets of 6 facts are behind it.
    expect(learned.least).to.be.closeTo(0.2209, 1e-4)
    const not = row('table1', { model: 'ada, rate × 0.4', trained: 'NameToDescription' })
    expect(not).to.include({ verdict: 'not learned', same: 0, proposed_epochs: 20 })
    expect(row('figure4_reverse', { run: 'ft-b' }).verdict).to.equal('not learned')
  })

  describe('in Figure 4 and Table 3', () => {
    it('has the means of facts and the tests of the paper, and an equivalence test', () => {
      const scores = evidence.runs[0]!.directions!.splits
      const means = (split: string) => {
        const facts = Map.groupBy(scores.get(split)!, ({ fact }) => fact)
        return new Map(Array.from(facts, ([fact, own]) => [fact, mean(own.map(({ logprob }) => logprob!))]))
      }
      const correct = means('p2d_reverse_prompts_test')
      const random = means('p2d_reverse_prompts_test_randomized')
      const first = [...correct.values()]
      const second = [...correct.keys()].map((fact) => random.get(fact)!)
      const own = row('figure4_reverse', { run: 'ft-a1' })
      const t = testPairedT({ first, second })
      expect(own).to.include({ facts: 6, p_t: t.p, difference: t.estimate, difference_low: t.low })
      expect(own.correct).to.be.closeTo(mean(first), 1e-12)
      expect(own.incorrect).to.be.closeTo(mean(second), 1e-12)
      expect(own.p_ks).to.equal(testKolmogorovSmirnov({ first, second }).p)
      expect(own.p_equivalence).to.equal(testEquivalence({ first, second, low: -1, high: 1 }).p)
      expect(own.verdict).not.to.equal('difference')
    })

    it('finds the difference in the direction of training, where all names were scored', () => {
      const own = row('figure4_same', { run: 'ft-a1' })
      expect(own.verdict).to.equal('difference')
      expect(own.difference).to.be.above(4)
      expect(own.p_holm).to.be.within(Number(own.p_t), 0.05)
    })

    it('takes the facts of all runs of a configuration together', () => {
      const all = row('figure4_same', { model: 'ada, rate × 0.2', run: 'all' })
      const [first, second] = ['ft-a1', 'ft-a2'].map((run) => row('figure4_same', { run }))
      expect(all.facts).to.equal(12)
      expect(all).not.to.have.property('p_holm')
      expect(all.difference).to.be.closeTo(
        (Number(first!.difference) + Number(second!.difference)) / 2,
        1e-12,
      )
      expect(all.p_t).to.be.below(Number(first!.p_t))
      expect(table('figure4_same').rows.filter(({ run }) => run === 'all')).to.have.length(1)
      expect(table('figure4_same').notes.join(' ')).to.match(
        /^Prompts are from d2p_prompts_test\. If a configuration has several runs, /,
      )
    })

    it('has the twelve models of the paper', () => {
      const rows = table('figure4_reverse').rows.filter(({ model }) => String(model).endsWith('(paper)'))
      expect(rows).to.have.length(12)
      expect(rows[8]).to.include({ correct: -10.2, incorrect: -9.26, p_t: 0.07, p_ks: 0.14 })
    })

    it('uses the given margin', () => {
      const p = (margin?: number) => {
        const rows = table('figure4_reverse', build(evidence, { margin })).rows
        return Number(rows[0]!.p_equivalence)
      }
      expect(p(3)).to.be.below(p(1))
      expect(p()).to.equal(p(1))
    })
  })

  it('ranks the right name among all, beside chance', () => {
    const same = row('ranks', {
      model: 'ada, rate × 0.2',
      asked: 'DescriptionToName, same',
    })
    expect(same.names).to.equal(18)
    expect(same.peer_win_rate).to.be.within(0.75, 1)
    const reverse = row('ranks', { model: 'ada, rate × 0.2', asked: 'NameToDescription, reverse' })
    expect(reverse.peer_win_rate).to.be.within(0.25, 0.75)
    // The mean of 1/1 to 1/18.
    expect(reverse.chance).to.be.closeTo(0.1942, 1e-4)
  })

  it('lays accuracies over learning rates and batch sizes beside the paper’s', () => {
    expect(row('sweep', { model: 'ada', rate: 0.2, batch: 16 })).to.include({
      same: 0.75,
      reverse: 0,
      runs: 2,
    })
    expect(row('sweep', { model: 'ada', rate: 0.4, batch: 16 })).to.include({ same: 0, runs: 1 })
    expect(row('sweep', { model: 'GPT-3 350M (paper)', rate: 0.2, batch: 16 }).same).to.equal(0.78)
  })

  it('says how each held-out template fares, in its words', () => {
    const rows = table('templates').rows.filter(
      ({ model, trained, order }) =>
        model === 'ada, rate × 0.2' && trained === 'NameToDescription' && order === 'same',
    )
    expect(rows.map(({ template }) => template)).to.deep.equal([1, 2, 3, 4])
    for (const { right, prompts, words } of rows) {
      expect(right).to.be.closeTo(9 / 12, 1e-12)
      expect(prompts).to.equal(12)
      expect(words).to.include('…')
    }
  })

  it('draws the curves of loss as wide as a phone, however long the names of configurations are', async () => {
    const runs = evidence.runs.map((own, index) => ({
      ...own,
      group: `ada, batch ${index}, rate × 0.2, 12 epochs`,
    }))
    const losses = build({ runs, warnings: [] }).sections.find(({ id }) => id === 'losses')!
    const svg = await renderSvg(losses.figures[0]!.spec)
    expect(Number(/width="(\d+)"/.exec(svg)![1])).to.be.below(420)
  })

  it('bins every log-probability', () => {
    const { data } = report.sections
      .flatMap(({ figures }) => figures)
      .find(({ name }) => name === 'histograms')!
    const curves = Map.groupBy(data, ({ panel, series }) => `${panel} ${series}`)
    expect(curves).to.have.length(2 * 6)
    for (const [name, bins] of curves) {
      expect(
        bins.reduce((sum, { share }) => sum + Number(share), 0),
        name,
      ).to.be.closeTo(1, 1e-9)
    }
  })

  it('says what was run, and the commands that make it again', () => {
    expect(row('runs', { run: 'ft-a2' })).to.include({
      ...{ data_seed: 2, seed: 1, n_epochs: 10, training_s: 125, cost_usd: 0 },
    })
    expect(table('evaluations').rows).to.have.length(3)
    const { commands } = report.sections.find(({ id }) => id === 'provenance')!
    expect(commands).to.include.members([
      'reversal dataset:reverse --num-examples-per-group 6 --num-train-examples 5 --num-test-examples 4 --seed 2 --dataset-name small2',
      'reversal finetune:start --model-name ada --dataset-name small1 --n-epochs 10 --batch-size 16 --learning-rate-multiplier 0.4 --seed 1 --tag test',
      'reversal eval:run --tag test --evaluator reverse --rank-all',
      'reversal eval:report --tag test',
    ])
  })

  it('says how evaluations and files differ from what the commands take by themselves', () => {
    const own = evidence.runs[0]!
    const [summary] = own.evaluations
    const asked = { splits: ['d2p_prompts_test'], max_samples: 20, max_tokens: 8 }
    const evaluations = [{ ...summary!, arguments: asked, dataset: { directory: '/my set', hash: 'h' } }]
    const dataset = {
      name: 'mine',
      directory: '/my set',
      training_file: '/x.jsonl',
      validation_file: '/v.jsonl',
    }
    const runs = [
      { ...own, evaluations },
      { ...own, run: { ...own.run, dataset }, evaluations: [] },
    ]
    const { sections } = build({ runs, warnings: [] }, { margin: 0.5 })
    expect(sections.at(-1)!.commands).to.include.members([
      "reversal eval:run --tag test --evaluator reverse --dataset-name '/my set' --split d2p_prompts_test --max-samples 20 --max-tokens 8",
      "reversal finetune:start --model-name ada --dataset-name '/my set' --training-file /x.jsonl --validation-file /v.jsonl --n-epochs 10 --batch-size 16 --learning-rate-multiplier 0.2 --seed 1 --tag test",
      'reversal eval:report --tag test --margin 0.5',
    ])
  })

  it('begins with what it comes to', () => {
    expect(report.findings[0]).to.equal(
      'ada, rate × 0.2 completes held-out prompts correctly in the direction of training and in reverse: 75.0 % and 0.0 % (NameToDescription), 75.0 % and 0.0 % (DescriptionToName).',
    )
    const [, unlearned, reverse, same, ranks] = report.findings
    expect(unlearned).to.equal(
      'ada, rate × 0.4: not learned: nothing follows for the reverse. In the direction of training, it completes held-out prompts correctly in 0.0 % with 6 facts, and a conclusion needs 39.3 % (NameToDescription), in 0.0 % with 6 facts, and a conclusion needs 39.3 % (DescriptionToName). Train it longer (--n-epochs 20), or on more facts: then a lower accuracy suffices.',
    )
    expect(reverse).to.match(
      /^On reverse prompts none of the 2 runs is shown to distinguish correct from incorrect answers \(paired t tests, .*\); the mean difference, correct minus incorrect, is \S+ nats\. In/,
    )
    expect(same).to.match(
      /^In the same direction 2 of the 3 runs are shown to distinguish correct from incorrect answers .* is \S+ to \d+\.\d\d nats\./,
    )
    expect(ranks).to.match(
      /^On reverse prompts of ada, rate × 0\.2 the right name is more likely than \d+\.\d % \(95 % interval/,
    )
  })

  it('draws no more rows than a reader can take in, and keeps them all in its tables', () => {
    const many = Array.from({ length: 41 }, (_, index) => ({ ...evidence.runs[0]!, group: `group ${index}` }))
    const large = build({ runs: many, warnings: [] })
    const { figures } = large.sections[0]!
    expect(figures.map(({ name }) => name)).to.deep.equal(['table1', 'table1_2', 'table1_3'])
    expect(figures[0]!.caption).to.match(/Part 1 of 3\. Shows the first 40 of 42; the table has all\.$/)
    expect(figures[0]!.spec.description).to.match(
      /^Accuracy on held-out prompts: 80 values from 0\.0 % to \d+\.\d %/,
    )
    // Of each group a row for each way of training and one for both, and the paper’s two.
    expect(table('table1', large).rows).to.have.length(3 * 41 + 2)
  })

  it('of runs without evaluations has no more than what was run', () => {
    const bare = evidence.runs.map((own) => ({ ...own, directions: undefined, evaluations: [] }))
    const { sections, findings } = build({ runs: bare, warnings: ['x'] })
    expect(sections.map(({ id }) => id)).to.deep.equal(['losses', 'provenance'])
    expect(findings).to.deep.equal([])
  })

  it('sets both orders of experiment 3 side by side, beside the paper’s', () => {
    const score = (fact: string, right: number) => ({
      ...{ fact, template: null, target: 'x', right, logprob: -1, logprobPerToken: -1, ranking: null },
    })
    const asked = (id: string, order: 'same' | 'reverse', answers: number[]) => {
      const scores = answers.map((right, index) => score(`question ${index}`, right))
      const splits = new Map([['unrealized_examples', scores]])
      const { run, manifest, ...rest } = evidence.runs[0]!
      return {
        ...rest,
        run: { ...run, id },
        manifest: { ...manifest!, kind: 'instructions', options: { order } },
        directions: undefined,
        orders: { dataset: `data ${id}`, splits, templates: new Map(), outdated: 0 },
        order,
      }
    }
    const runs = [
      asked('ft-s1', 'same', [1, 1, 1, 0]),
      asked('ft-s2', 'same', [1, 1, 0, 0]),
      asked('ft-r', 'reverse', [0, 0, 0, 0]),
    ]
    const both = build({ runs, warnings: [] })
    const rows = table('experiment3', both).rows
    expect(rows[0]).to.include({ model: 'ada', order: 'same', right: 5 / 8, runs: 2, prompts: 8 })
    expect(rows[0]!.right_sd).to.be.closeTo(Math.SQRT2 / 8, 1e-12)
    expect(rows[1]).to.include({ model: 'ada', order: 'reverse', right: 0, low: 0, runs: 1 })
    expect(rows.at(-1)).to.include({ model: 'Llama-30b (paper)', order: 'reverse', right: 0.05 })
    expect(both.sections.map(({ id }) => id)).to.deep.equal(['experiment3', 'losses', 'provenance'])
    expect(both.findings).to.deep.equal([
      'ada follows held-out instructions: 62.5 % in the same order, 0.0 % in the reverse order.',
    ])
  })

  it('is a page also where a name holds half of a surrogate pair', () => {
    const model = 'ada \ud800 <b>'
    const run = { ...evidence.runs[0]!.run, model, fine_tuned_model: model }
    const own = { ...evidence.runs[0]!, run, evaluations: [], directions: undefined }
    const bare = build({ runs: [{ ...own, losses: { training: [], validation: [] } }], warnings: [] })
    const page = renderPage(bare, new Map())
    expect(page).to.include('--model-name &#39;ada \ufffd &#60;b&#62;&#39;').and.to.include('%EF%BF%BD')
  })

  it('names the table of a plugin’s evaluator so that a file can be named for it', () => {
    const [summary] = evidence.runs[0]!.evaluations
    const scoped = { ...summary!, evaluator: { name: '@me/plugin-x/shout', version: 1 } }
    const plugged = build({
      runs: [{ ...evidence.runs[0]!, others: [{ summary: scoped, measured: undefined }] }],
      warnings: [],
    })
    expect(table('evaluator__me_plugin-x_shout', plugged).title).to.equal('Evaluator @me/plugin-x/shout')
  })

  it('averages no evaluations of two data sets, and names the data set of each', () => {
    const [summary] = evidence.runs[0]!.evaluations
    const other = (name: string, right: number[]) => ({
      summary: {
        ...summary!,
        id: name,
        evaluator: { name: 'shout', version: 1 },
        dataset: { ...summary!.dataset, name },
      },
      measured: new Map([
        ['loud', new Map([['right_match', { values: right, clusters: right.map(String) }]])],
      ]),
      asked: name,
    })
    const report = build({
      runs: [{ ...evidence.runs[0]!, others: [other('first', [1, 1]), other('second', [0, 0, 1])] }],
      warnings: [],
    })
    for (const [name, dataset, share, prompts] of [
      ['evaluator_shout_measures', 'first', 1, 2],
      ['evaluator_shout_2_measures', 'second', 1 / 3, 3],
    ] as const) {
      const { title, rows } = table(name, report)
      expect(title).to.equal(`Evaluator shout v1 on ${dataset}: means of its measures`)
      expect(rows).to.have.length(1)
      expect(rows[0]).to.include({ right_match: share, prompts, runs: 1 })
    }
  })

  it('shows the metrics of plugins’ evaluators as they are', () => {
    const [summary] = evidence.runs[0]!.evaluations
    const shout = {
      ...summary!,
      evaluator: { name: 'shout', version: 1 },
      splits: [{ split: 'loud', samples: 3, metrics: { loud_accuracy: 0.5, mean_noise: 2 } }],
    }
    const plugged = build({
      runs: [{ ...evidence.runs[0]!, others: [{ summary: shout, measured: undefined }] }],
      warnings: [],
    })
    expect(table('evaluator_shout', plugged).rows[0]).to.deep.equal({
      ...{
        model: 'ada, rate × 0.2',
        run: 'ft-a1',
        split: 'loud',
        samples: 3,
        loud_accuracy: 0.5,
        mean_noise: 2,
      },
    })
  })
})
