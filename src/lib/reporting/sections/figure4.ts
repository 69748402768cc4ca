import { PAPER_TABLE_3, PAPER_TABLE_3_FACTS } from '../../evaluation/paper.ts'
import { adjustPValues } from '../../statistics/adjust-p-values.ts'
import { findDetectableEffect } from '../../statistics/detectable-effect.ts'
import { measureEffectSize } from '../../statistics/effect-size.ts'
import { testEquivalence } from '../../statistics/equivalence.ts'
import { testKolmogorovSmirnov } from '../../statistics/kolmogorov-smirnov.ts'
import { estimateMean } from '../../statistics/mean-interval.ts'
import { testPairedT } from '../../statistics/paired-t.ts'
import { mean } from '../../statistics/samples.ts'
import type { Evidence, RunEvidence } from '../evidence/evidence.ts'
import { byGroup } from '../evidence/evidence.ts'
import type { Mark } from '../interval-figure.ts'
import { CORRECT_AND_INCORRECT, intervalFigures } from '../interval-figure.ts'
import { fromPaper } from '../paper-rows.ts'
import type { Column, Row, Section, Table } from '../report.ts'
import { groupsWithoutNames, judgeGroup, NOT_LEARNED } from './learned.ts'
import { describeLikelihoods } from './likelihood-words.ts'
import type { Probe } from './probes.ts'
import { answerPairs, PROBES } from './probes.ts'

/** By default, differences below one nat, a factor of 2.7 in probability, do not matter. */
export const DEFAULT_MARGIN = 1

/** The one that the paper reports on. */
const PAPER_PROBE = 'reverse'

/** Stands for a run in the row of a whole group. */
const ALL_RUNS = 'all'

/** Mean log-probabilities of each fact, correct and incorrect, in the order of facts. */
interface FactMeans {
  correct: number[]
  incorrect: number[]
}

/** Figure 4 and Table 3: is the correct answer any likelier than an incorrect one? */
export function figure4Section({ runs }: Evidence, { margin }: { margin: number }): Section | undefined {
  const probed = PROBES.map((probe) => ({ probe, tested: testRuns(runs, probe, margin) })).filter(
    ({ tested }) => tested.length > 0,
  )
  if (probed.length === 0) return undefined
  const unknown = groupsWithoutNames(runs)
  return {
    id: 'figure4',
    findings: probed.flatMap(({ probe, tested }) => {
      const { finding, reverseOf } = probe
      if (finding === undefined) return []
      const known = tested.filter(({ model }) => reverseOf === undefined || !unknown.has(String(model)))
      return describeLikelihoods({
        where: finding,
        margin,
        runs: known.filter(({ run }) => run !== ALL_RUNS),
      })
    }),
    title: 'Log-probability of correct and incorrect answers (Figure 4, Table 3)',
    text: [
      'As in the paper, the log-probabilities of the correct answer and of one incorrect answer, taken from another fact of the same group, are averaged over a fact’s held-out prompts. A paired t test and a two-sample Kolmogorov–Smirnov test compare the two over facts, for each run and for all runs of a configuration together.',
      `A large p-value is not evidence of no difference. So there is also an equivalence test (two one-sided t tests): a small p shows that the mean difference lies within ± ${margin} nats. Beside it is the smallest difference that the t test would find in 80 % of such experiments.`,
      `The verdict combines both tests. “difference”: only p (t) is below 0.05. “none that matters”: only p (equivalence) is. “too small to matter”: both are. “undecided”: neither is, and more facts are needed. “not learned”: accuracy in the direction of training is too low (Table 1), and nothing follows for the reverse.`,
    ],
    figures: intervalFigures({
      name: 'figure4',
      title: 'Log-probability of answers',
      caption:
        'Mean log-probability of correct and incorrect answers over facts, with 95 % intervals (Student’s t). In reverse, facts trained NameToDescription are asked for the name, and those trained DescriptionToName for the description.',
      marks: probed.flatMap(({ probe }) => [...marksOf(runs, probe), ...paperMarks(probe)]),
      shape: 'point',
      series: CORRECT_AND_INCORRECT,
      axis: { title: 'mean log-probability (nats)', unit: 'nats' },
    }),
    tables: probed.map(({ probe, tested }) => probeTable(probe, tested)),
  }
}

/** A row for each run, and one for all runs of a group that has several. */
function testRuns(runs: readonly RunEvidence[], probe: Probe, margin: number): Row[] {
  const tested = runs.flatMap((own) => {
    const facts = factMeans([own], probe)
    const head = { model: own.group, run: own.run.id }
    return facts === undefined ? [] : [{ ...head, ...compareFacts(facts, margin), ...withheld([own], probe) }]
  })
  const adjusted = adjustPValues({ pValues: tested.map(({ p_t }) => p_t), method: 'holm' })
  const rows = tested.map((row, index) => ({ ...row, p_holm: adjusted[index]! }))
  return byGroup(runs).flatMap(([group, members]) => {
    const own = rows.filter(({ model }) => model === group)
    if (own.length < 2) return own
    const all = compareFacts(factMeans(members, probe)!, margin)
    return [...own, { model: group, run: ALL_RUNS, ...all, ...withheld(members, probe) }]
  })
}

/** There is no verdict on the reverse of facts that were not learned. */
function withheld(runs: readonly RunEvidence[], { reverseOf }: Probe): { verdict?: string } {
  const judged = reverseOf && judgeGroup(runs, reverseOf)
  return judged?.learned === false ? { verdict: NOT_LEARNED } : {}
}

/** All tests of one run: Table 3 of the paper, and the test needed to conclude that there is no difference. */
function compareFacts({ correct, incorrect }: FactMeans, margin: number) {
  const pairs = { first: correct, second: incorrect }
  const t = testPairedT(pairs)
  const equivalence = testEquivalence({ ...pairs, low: -margin, high: margin })
  const detectable = findDetectableEffect({ n: t.n })
  return {
    facts: t.n,
    correct: mean(correct),
    incorrect: mean(incorrect),
    difference: t.estimate,
    difference_low: t.low,
    difference_high: t.high,
    effect: measureEffectSize(pairs).cohenD,
    p_t: t.p,
    p_ks: testKolmogorovSmirnov(pairs).p,
    p_equivalence: equivalence.p,
    detectable: detectable === null || t.standardDeviation === null ? null : detectable * t.standardDeviation,
    verdict: verdict(t.p, equivalence.p),
  }
}

function verdict(pDifference: number | null, pEquivalence: number | null): string {
  const [differs, same] = [pDifference, pEquivalence].map((p) => p !== null && p < 0.05)
  if (differs) return same ? 'too small to matter' : 'difference'
  return same ? 'none that matters' : 'undecided'
}

/** Facts of one data set that several runs have learned are one fact each. */
function factMeans(runs: readonly RunEvidence[], probe: Probe): FactMeans | undefined {
  const pairs = runs.flatMap(({ directions }) =>
    directions === undefined
      ? []
      : answerPairs(directions, probe).map((pair) => ({
          ...pair,
          fact: `${directions.dataset} ${pair.fact}`,
        })),
  )
  const facts = [...Map.groupBy(pairs, ({ fact }) => fact).values()]
  if (facts.length === 0) return undefined
  return {
    correct: facts.map((own) => mean(own.map(({ correct }) => correct))),
    incorrect: facts.map((own) => mean(own.map(({ incorrect }) => incorrect))),
  }
}

/** For each group, the means over all facts of its runs. */
function marksOf(runs: readonly RunEvidence[], probe: Probe): Mark[] {
  return byGroup(runs).flatMap(([group, members]) => {
    const means = factMeans(members, probe)
    if (means === undefined) return []
    return (['correct', 'incorrect'] as const).map((series) => {
      const { estimate, low, high } = estimateMean({ values: means[series] })
      return { label: group, panel: probe.short, series, value: estimate, low, high }
    })
  })
}

/** The means over the paper's seeds of one size. */
function paperMarks({ name, short }: Probe): Mark[] {
  if (name !== PAPER_PROBE) return []
  return [...Map.groupBy(PAPER_TABLE_3, ({ model }) => model)].flatMap(([model, rows]) =>
    (['correct', 'random'] as const).map((answer) => ({
      ...{ label: fromPaper(model).model, panel: short, series: answer === 'random' ? 'incorrect' : answer },
      ...{ value: mean(rows.map((row) => row[answer])), low: null, high: null },
    })),
  )
}

const COLUMNS: Column[] = [
  { key: 'model', head: 'model', format: 'text' },
  { key: 'run', head: 'run', format: 'text', detail: true },
  { key: 'facts', head: 'facts', format: 'count', detail: true },
  { key: 'correct', head: 'correct', format: 'nats', hint: 'mean log-probability of the correct answer' },
  {
    key: 'incorrect',
    head: 'incorrect',
    format: 'nats',
    hint: 'mean log-probability of an incorrect answer',
  },
  {
    ...{ key: 'difference', head: 'difference', format: 'nats' },
    interval: ['difference_low', 'difference_high'],
    hint: 'correct minus incorrect, with its 95 % interval',
  },
  { key: 'verdict', head: 'verdict', format: 'text' },
  { key: 'effect', head: 'd', format: 'ratio', detail: true, hint: 'Cohen’s d of pairs' },
  { key: 'p_t', head: 'p (t)', format: 'p', hint: 'paired t test' },
  { key: 'p_holm', head: 'p (t, Holm)', format: 'p', detail: true, hint: 'adjusted for the number of runs' },
  { key: 'p_ks', head: 'p (KS)', format: 'p', detail: true, hint: 'Kolmogorov–Smirnov test' },
  { key: 'p_equivalence', head: 'p (equivalence)', format: 'p' },
  {
    key: 'detectable',
    detail: true,
    head: 'detectable',
    format: 'nats',
    hint: 'difference found in 80 % of such experiments',
  },
]

function probeTable(probe: Probe, tested: Row[]): Table {
  const paper = probe.name === PAPER_PROBE ? PAPER_TABLE_3.map(paperRow) : []
  return {
    name: `figure4_${probe.name}`,
    title: `Log-probability of ${probe.title}`,
    columns: COLUMNS,
    rows: [...tested, ...paper],
    notes: [
      `Prompts are from ${probe.split}${probe.randomized === undefined ? '' : `, incorrect answers from ${probe.randomized}`}.`,
      ...(tested.some(({ run }) => run === ALL_RUNS)
        ? ['If a configuration has several runs, its last row is for all of them together.']
        : []),
      ...(probe.randomized === undefined
        ? ['The incorrect name is drawn for each fact among those trained in the same way.']
        : []),
      ...(paper.length > 0 ? ['The paper’s rows have no equivalence test, as it gives no spread.'] : []),
    ],
  }
}

function paperRow({ model, correct, random, pT, pKs }: (typeof PAPER_TABLE_3)[number]): Row {
  return {
    ...fromPaper(model),
    facts: PAPER_TABLE_3_FACTS,
    correct,
    incorrect: random,
    difference: correct - random,
    p_t: pT,
    p_ks: pKs,
  }
}
