import type { Direction } from '../../evaluation/directions.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from '../../evaluation/directions.ts'
import { adjustPValues } from '../../statistics/adjust-p-values.ts'
import { testPairedPermutation } from '../../statistics/permutation.ts'
import { mean } from '../../statistics/samples.ts'
import { formatPercent, plural } from '../../support/numbers.ts'
import type { RunEvidence } from '../evidence/evidence.ts'
import { formatP } from '../format.ts'
import { intervalFigure, SAME_AND_REVERSE } from '../interval-figure.ts'
import type { Column, ReportFigure, Row, Section, Table } from '../report.ts'
import { NAMED_ABOVE, sameReverseFigure } from '../same-reverse-figure.ts'
import { adjustChance, CHANCE_COLUMNS, chanceCells } from './chance.ts'
import { FEW } from './finding-words.ts'
import { NOT_LEARNED } from './learned.ts'
import type { Pool } from './pooled.ts'
import { directionScores, estimatePool, estimateShare, meanOrNull, pool, poolValues } from './pooled.ts'
import { measureDirection, orderMarks } from './table1-cells.ts'

/** The finding of an arm's paper. */
export interface ArmPaper {
  /** Such as "Golovneva et al., 2024". */
  cite: string
  /** Such as "2403.13799". */
  arxiv: string
  /** Its finding, in one sentence. */
  finding: string
}

/** One way to train, tried with several seeds. */
export interface Arm {
  name: string
  summary: string
  paper?: ArmPaper | undefined
  /** The IDs of its runs. */
  runs: readonly string[]
  /**
   * Number of facts, over all seeds, that its training data state in both orders; prompts about them are not part of
   * its reverse accuracy.
   */
  told: number
  /** Evaluations of whether it reverses relations wrongly, on separate runs, if there are any. */
  turned: readonly { run: string; evaluation: string }[]
}

/** A comparison of ways to train, on the same facts. */
export interface CuresDesign {
  /** The others are compared with the first. */
  arms: readonly Arm[]
  /** What every arm has the same amount of. */
  matched: 'tokens' | 'epochs'
}

const ALPHA = 0.05

/** Splits that ask for relations the wrong way round, by the order in which they were stated. */
const TURNED_SPLITS: Readonly<Record<Direction, string>> = {
  NameToDescription: 'p2d_wrong_symmetry',
  DescriptionToName: 'd2p_wrong_symmetry',
}

const COLUMNS: Column[] = [
  { key: 'arm', head: 'trained on', format: 'text' },
  { key: 'trained', head: 'facts', format: 'text' },
  { key: 'same', head: 'same direction', format: 'percent', interval: ['same_low', 'same_high'] },
  { key: 'reverse', head: 'reverse', format: 'percent', interval: ['reverse_low', 'reverse_high'] },
  ...CHANCE_COLUMNS,
  {
    ...{ key: 'gap', head: 'reversal gap', format: 'points', interval: ['gap_low', 'gap_high'] },
    ...{ hint: 'same direction minus reverse', detail: true },
  },
  {
    ...{ key: 'rise', head: 'rise in reverse', format: 'points', detail: true },
    hint: 'over the first arm, on the same facts',
  },
  { key: 'compared', head: 'facts compared', format: 'count', detail: true, hint: 'of all seeds' },
  { key: 'p', head: 'p (Holm)', format: 'p', hint: 'of that rise, over all arms and both kinds of facts' },
  {
    ...{ key: 'peers', head: 'beats peers', format: 'percent', interval: ['peers_low', 'peers_high'] },
    ...{
      hint: 'names of similar facts that the right name beats on reverse prompts; 50 % is chance',
      detail: true,
    },
  },
  {
    ...{ key: 'likelier', head: 'likelier', format: 'nats', detail: true },
    hint: 'log-probability of the right name minus that of a wrong one, on reverse prompts',
  },
  {
    ...{ key: 'turned', head: 'wrong symmetry', format: 'percent', interval: ['turned_low', 'turned_high'] },
    hint: 'asymmetric relations that the model states the wrong way round, after the same training on them',
  },
  { key: 'verdict', head: 'facts are', format: 'text' },
  { key: 'tokens', head: 'tokens', format: 'count', detail: true, hint: 'trained in a run, on average' },
  {
    key: 'seconds',
    head: 'time',
    format: 'duration',
    detail: true,
    hint: 'of the training of a run, on average',
  },
  { key: 'seeds', head: 'runs', format: 'count', detail: true },
]

/** Cures for the Reversal Curse: compares every arm with the first one. */
export function curesSection(runs: readonly RunEvidence[], { arms, matched }: CuresDesign): Section {
  const known = arms.map((arm) => ({
    arm,
    members: arm.runs.map((id) => runs.find(({ run }) => run.id === id)!),
  }))
  const [first] = known
  const rows = withHolm(
    known.flatMap(({ arm, members }) =>
      DIRECTIONS.map((direction) =>
        armRow(arm, direction, { runs, members, first: arm === first!.arm ? undefined : first!.members }),
      ),
    ),
  )
  const told = arms.filter((arm) => arm.told > 0)
  return {
    id: 'cures',
    title: 'What lifts the curse',
    findings: findings(rows),
    text: [
      `Every arm trains on the same facts as “${arms[0]!.name}” and is tested on the same held-out prompts. ${BUDGETS[matched]}`,
      'Brackets are 95 % intervals, clustered by fact. p is from a permutation test of the rise in reverse over the first arm: if an arm has no effect, the two accuracies of each fact and seed can be exchanged. Holm’s correction covers all arms and both kinds of facts. The test says whether these facts are better known, with these seeds.',
      'Small models trained on made-up facts show which changes of the training data can work, and in which order. They do not show how much a change helps a large pretrained model.',
      ...told.map(
        ({ name, told: facts }) =>
          `“${name}” tells ${plural(facts, 'fact')} in both orders; its accuracy leaves out prompts about these.`,
      ),
    ],
    figures: figuresOf(rows),
    tables: [
      {
        name: 'cures',
        title: 'Accuracy on held-out prompts by arm',
        columns: COLUMNS,
        rows,
        notes: ['If every fact has the same accuracy, the interval is Wilson’s, with one trial per fact.'],
      },
      publishedTable(arms),
    ],
  }
}

function figuresOf(rows: readonly Row[]): ReportFigure[] {
  return [
    sameReverseFigure({
      name: 'cures',
      title: 'Accuracy in both directions',
      caption: `Accuracy on held-out prompts in the direction of training and in reverse, one mark per arm, with 95 % intervals. On the dashed line both are equal: no curse. Arms up to ${formatPercent(NAMED_ABOVE)} in reverse are not named here; the next figure has all arms.`,
      marks: rows.map((row) => ({
        label: String(row.arm),
        panel: String(row.trained),
        same: [row.same, row.same_low, row.same_high] as const,
        reverse: [row.reverse, row.reverse_low, row.reverse_high] as const,
      })),
    }),
    intervalFigure({
      name: 'cures_arms',
      title: 'Accuracy by arm',
      caption: 'The same by arm. Thin lines are 95 % intervals, clustered by fact.',
      marks: rows.flatMap((row) => orderMarks(row, String(row.arm))),
      shape: 'bar',
      series: SAME_AND_REVERSE,
      axis: { title: 'accuracy', unit: 'percent' },
    }),
  ]
}

function publishedTable(arms: readonly Arm[]): Table {
  return {
    name: 'cures-published',
    title: 'What was published',
    columns: [
      { key: 'arm', head: 'trained on', format: 'text' },
      { key: 'what', head: 'training data', format: 'text' },
      { key: 'finding', head: 'finding of the paper', format: 'text' },
      { key: 'paper', head: 'paper', format: 'text' },
    ],
    rows: arms.map(({ name, summary, paper }) => ({
      ...{ arm: name, what: summary, finding: paper?.finding ?? null },
      paper: paper === undefined ? null : `${paper.cite}, arXiv ${paper.arxiv}`,
    })),
    notes: ['The papers trained other models on other data; their numbers cannot be compared with these.'],
  }
}

const BUDGETS: Record<CuresDesign['matched'], string> = {
  tokens:
    'All arms train on the same number of tokens, so an arm with more text per fact reads each sentence less often.',
  epochs: 'All arms train for the same number of epochs, so an arm with more text trains longer.',
}

function armRow(
  arm: Arm,
  direction: Direction,
  {
    runs,
    members,
    first,
  }: {
    /** All of the report. */
    runs: readonly RunEvidence[]
    members: readonly RunEvidence[]
    /** Those that the arm is compared with. */
    first: readonly RunEvidence[] | undefined
  },
): Row & { p: number | null } {
  const { same, reverse, shuffled, gap, verdict } = measureDirection(members, direction)
  const pairs = first && pairFacts(members, first, direction)
  // Only names were scored with their peers.
  const naming = direction === 'NameToDescription' ? directionScores(members) : []
  const { reverse: split } = DIRECTION_SPLITS[direction]
  const peerWins = pool(naming, split, ({ ranking }) => ranking?.peerWinRate ?? null)
  const likelier = pool(naming, split, ({ ranking, logprob }) =>
    logprob === null || ranking === null || ranking.incorrect === null ? null : logprob - ranking.incorrect,
  )
  const peers = estimatePool(peerWins)
  const turned = estimateShare(turnedRound(runs, arm, direction))
  return {
    arm: arm.name,
    trained: direction,
    same: same.estimate,
    same_low: same.low,
    same_high: same.high,
    reverse: reverse.estimate,
    reverse_low: reverse.low,
    reverse_high: reverse.high,
    ...chanceCells(shuffled),
    gap: gap.estimate,
    gap_low: gap.low,
    gap_high: gap.high,
    rise: pairs === undefined || pairs.first.length === 0 ? null : mean(pairs.first) - mean(pairs.second),
    p: pairs === undefined ? null : testPairedPermutation(pairs).p,
    compared: pairs === undefined ? null : pairs.first.length,
    peers: peers.estimate,
    peers_low: peers.low,
    peers_high: peers.high,
    likelier: meanOrNull(likelier.values),
    turned: turned.estimate,
    turned_low: turned.low,
    turned_high: turned.high,
    verdict,
    tokens: wholeMean(members.flatMap(({ run }) => run.trained_tokens ?? [])),
    seconds: meanOrNull(members.flatMap(({ seconds }) => seconds ?? [])),
    seeds: members.length,
  }
}

/** Tokens are counted in whole ones, also on average. */
function wholeMean(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.round(mean(values))
}

/** Whether a relation was asserted the wrong way round: 1 or 0 for each prompt. */
function turnedRound(runs: readonly RunEvidence[], { turned }: Arm, direction: Direction): Pool {
  const found = turned.flatMap(({ run, evaluation }) => {
    const others = runs.find((own) => own.run.id === run)?.others
    const measured = others?.find(({ summary }) => summary.id === evaluation)?.measured
    return measured?.get(TURNED_SPLITS[direction])?.get('incorrect_inference') ?? []
  })
  return poolValues(found)
}

/** Mean accuracy in reverse of each fact that both have been asked, seed by seed. */
function pairFacts(runs: readonly RunEvidence[], others: readonly RunEvidence[], direction: Direction) {
  const [own, other] = [runs, others].map((members) =>
    factMeans(members, DIRECTION_SPLITS[direction].reverse),
  )
  const shared = [...own!.keys()].filter((fact) => other!.has(fact))
  return { first: shared.map((fact) => own!.get(fact)!), second: shared.map((fact) => other!.get(fact)!) }
}

function factMeans(runs: readonly RunEvidence[], split: string): Map<string, number> {
  const scores = runs.flatMap(({ run, directions }) =>
    (directions?.splits.get(split) ?? []).flatMap(({ fact, right }) =>
      right === null ? [] : [{ fact: `${run.hyperparameters.seed} ${fact}`, right }],
    ),
  )
  const facts = Map.groupBy(scores, ({ fact }) => fact)
  return new Map([...facts].map(([fact, own]) => [fact, mean(own.map(({ right }) => right))]))
}

function withHolm(rows: readonly (Row & { p: number | null })[]): (Row & { p: number | null })[] {
  const adjusted = adjustPValues({ pValues: rows.map(({ p }) => p), method: 'holm' })
  return adjustChance(rows).map((row, index) => ({ ...row, p: adjusted[index]! }))
}

/** A sentence for each kind of facts, and those that were not learned. */
function findings(rows: readonly (Row & { p: number | null })[]): string[] {
  const open = rows.filter(({ p }) => p !== null && p >= ALPHA).length
  // Even if every fact rose, with Holm's correction for the tests that are still open.
  const hasTooFew = ({ compared }: Row) =>
    typeof compared === 'number' && pIfAllRose(compared, { tests: open }) >= ALPHA
  return DIRECTIONS.flatMap((direction) => {
    const [first, ...others] = rows.filter(({ trained }) => trained === direction)
    if (first === undefined || typeof first.reverse !== 'number') return []
    const isBetter = ({ p, rise }: Row & { p: number | null }) => p !== null && p < ALPHA && Number(rise) > 0
    const [better, alike] = [others.filter(isBetter), others.filter((row) => !isBetter(row))]
    const list = (members: readonly Row[]) =>
      members
        .toSorted((a, b) => Number(b.reverse) - Number(a.reverse))
        .map(({ arm, reverse }) => `${arm} (${percentOf(reverse)})`)
        .join(', ')
    const unlearned = [first, ...alike].filter(({ verdict }) => verdict === NOT_LEARNED)
    const base = `“${first.arm}” (${formatPercent(first.reverse)})`
    const least = leastP(others)
    const few = least < ALPHA ? alike.filter(hasTooFew) : []
    return [
      ...(better.length > 0
        ? [
            `${direction}: ${plural(better.length, 'arm')} of ${others.length} ${better.length === 1 ? 'is' : 'are'} better in reverse than ${base}, p < ${ALPHA} after Holm’s correction: ${list(better)}.`,
          ]
        : least < ALPHA
          ? [`${direction}: no arm of ${others.length} is significantly better in reverse than ${base}.`]
          : [
              `${direction}: so few facts cannot show that an arm is better than ${base}: p after Holm’s correction is at least ${formatP(least)}. Use more facts or seeds. The highest in reverse are ${list(highest(others))}.`,
            ]),
      ...(better.length > 0 && alike.length > 0
        ? [`${direction}: not significantly better: ${list(alike)}.`]
        : []),
      ...(few.length > 0
        ? [
            `${direction}: too few facts to show that these are better: ${few.map(({ arm, compared }) => `${arm} (${plural(Number(compared), 'fact')})`).join(', ')}.`,
          ]
        : []),
      ...(unlearned.length === 0
        ? []
        : [
            `${direction}: nothing follows for ${unlearned.map(({ arm }) => arm).join(', ')}: too little was learned in the direction of training.`,
          ]),
    ]
  })
}

/** The p of an arm in which every fact rose, after Holm's correction with all others. */
function leastP(rows: readonly Row[]): number {
  const compared = Math.max(...rows.map((row) => Number(row.compared ?? 0)))
  // Both directions are tested.
  return pIfAllRose(compared, { tests: 2 * rows.length })
}

/** Of a permutation test of so many facts, with Holm's correction for so many tests. */
function pIfAllRose(facts: number, { tests }: { tests: number }): number {
  return Math.min(1, tests * 2 ** (1 - facts))
}

function highest(rows: readonly Row[]): Row[] {
  return rows.toSorted((a, b) => Number(b.reverse) - Number(a.reverse)).slice(0, FEW)
}

function percentOf(share: unknown): string {
  return typeof share === 'number' ? formatPercent(share) : 'not measured'
}
