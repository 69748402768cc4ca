import { labelSplit } from '../../lib/datasets/reverse/split-labels.ts'
import { explainNotLearned } from '../../lib/evaluation/learned.ts'
import type {
  ComparedConfiguration,
  ConfigurationComparison,
  ConfigurationDifference,
} from '../../lib/reporting/compare/compare-configurations.ts'
import { formatP } from '../../lib/reporting/format.ts'
import { formatCount, plural } from '../../lib/support/numbers.ts'
import { formatDifference, formatMetric } from './evaluation.ts'
import { fits, renderTable, terminalWidth, wrapText } from './table.ts'

/** Two configurations side by side: their names, means and differences, and what the tests can and cannot show. */
export function renderConfigurations(comparison: ConfigurationComparison): string {
  const { first, second, comparisons, same_configuration: same } = comparison
  const unlearned = [...explainUnlearned(first), ...explainUnlearned(second)]
  return [
    ...[first, second].map((side) => wrapText(describeSide(side))),
    wrapText(describePairs(comparisons)),
    ...(same
      ? [wrapText('Both sides are the same configuration: they can only differ in their seeds.')]
      : []),
    '',
    renderDifferences(comparison),
    '',
    ...[
      ...explainTests(comparisons),
      ...explainRuns(comparison),
      ...explainRunsLeftOut(comparison),
      ...explainLeftOut(comparisons),
    ].map((line) => wrapText(line)),
    ...unlearned.map((line) => wrapText(line)),
  ].join('\n')
}

function describeSide({ name, configuration, runs, seeds, not_evaluated: missing }: ComparedConfiguration) {
  const known = seeds.filter((seed) => seed !== null)
  const of =
    known.length < seeds.length ? '' : ` with seed ${[...new Set(known)].toSorted(byNumber).join(', ')}`
  const left = missing === undefined ? '' : `; not evaluated and left out: ${missing.join(', ')}`
  return `${name}: ${configuration}, ${plural(runs.length, 'run')}${of}${left}`
}

const byNumber = (a: number, b: number) => a - b

function describePairs(comparisons: readonly ConfigurationDifference[]): string {
  const seeds = comparisons.every(({ paired }) => paired.seeds)
  const facts = comparisons.every(({ paired }) => paired.facts)
  if (seeds && facts) return 'Paired by seed and fact.'
  if (facts) return 'Paired by fact, not by run: some runs have no run with the same seed on the other side.'
  return 'Not paired, as the two sides were asked different prompts; this makes the interval wider.'
}

/** The full table, or on a narrow terminal only its most important columns. */
function renderDifferences({ first, second, comparisons }: ConfigurationComparison): string {
  const width = terminalWidth() ?? Number.POSITIVE_INFINITY
  const minus = `${first.name} - ${second.name}`
  const rows = comparisons.map((own) => cellsOf(own))
  const layOut = (columns: readonly (keyof (typeof rows)[number])[]) =>
    renderTable(
      columns.map((key) => ({
        head:
          { first: first.name, second: second.name, difference: minus, bare: minus, short: 'split' }[
            key as string
          ] ?? key,
        ...(key === 'split' || key === 'short'
          ? { least: 10 }
          : key === 'measure'
            ? {}
            : { align: 'right' as const }),
      })),
      rows.map((row) => columns.map((key) => row[key])),
      { width },
    )
  const full = layOut([
    ...(['split', 'measure', 'facts', 'first', 'second', 'difference'] as const),
    ...(['p', 'p (Holm)', 'p by fact', 'p by run'] as const),
  ])
  if (fits(full, width)) return full
  const middle = layOut(['split', 'measure', 'difference', 'p (Holm)'])
  if (fits(middle, width)) return `${middle}\n${wrapText(REST)}`
  return [...Map.groupBy(comparisons, ({ measure }) => measure)]
    .map(([measure, own]) => {
      const shown = new Set(own)
      const part = renderTable(
        [
          { head: 'split', least: 8 },
          ...['difference', 'p (Holm)'].map((head) => ({ head, align: 'right' as const })),
        ],
        rows
          .filter((_, index) => shown.has(comparisons[index]!))
          .map((row) => [row.short, row.bare, row['p (Holm)']]),
        { width },
      )
      return `${wrapText(`${words(measure)}, ${minus}:`)}\n${part}`
    })
    .concat(wrapText(REST))
    .join('\n')
}

const REST = '(the rest of the table: --json, or a wider terminal)'

function cellsOf(own: ConfigurationDifference) {
  const { split, measure, unit, facts, first, second, difference, p } = own
  const { estimate, low, high } = difference
  const show = (value: number) => formatDifference(unit, value)
  const interval = low === null || high === null ? '' : ` [${show(low)}, ${show(high)}]`
  const shownP = (value: number | null) => (value === null ? '' : formatP(value))
  const bare = estimate === null ? '' : show(estimate)
  return {
    split: labelSplit(split).label,
    short: labelSplit(split).short,
    measure: words(measure),
    facts: formatCount(facts),
    first: formatMetric(unit, first.estimate),
    second: formatMetric(unit, second.estimate),
    difference: `${bare}${interval}`,
    bare,
    p: shownP(p.two_way),
    'p (Holm)': shownP(p.holm),
    'p by fact': shownP(p.facts),
    'p by run': shownP(p.runs),
  }
}

function words(measure: string): string {
  return measure.replaceAll('_', ' ')
}

/** Which test it is, what varies in it, and what each other p holds fixed. */
function explainTests(comparisons: readonly ConfigurationDifference[]): string[] {
  const overBoth = comparisons.some(({ difference }) => difference.over.length === 2)
  const tested = Map.groupBy(
    comparisons.filter(({ p }) => p.two_way !== null),
    ({ measure }) => measure,
  )
  const corrected = new Set(Array.from(tested.values(), ({ length }) => length))
  const undefinedTests = comparisons.some(
    ({ difference, p }) => difference.standardError === 0 && p.two_way === null,
  )
  return [
    `Differences are in points for shares and in nats for log-probabilities, with 95 % intervals. Interval and p are from a t test in which ${overBoth ? 'seeds and facts both vary' : 'facts vary'}.${Math.max(0, ...corrected) > 1 ? ` Holm: for ${[...corrected].toSorted(byNumber).join(' or ')} splits of a measure, those with a p.` : ''}`,
    `p by fact: permutation test that exchanges the results of each fact, with the trained models held fixed.${overBoth ? ' p by run: the same with whole runs, with the facts held fixed.' : ''}`,
    ...(undefinedTests
      ? ['If all differences are equal, their spread is unknown: there is no interval and no t test.']
      : []),
  ]
}

/** What cannot be concluded from so few runs. */
function explainRuns({ first, second, comparisons }: ConfigurationComparison): string[] {
  const single = [first, second].filter(({ runs }) => runs.length === 1)
  if (single.length > 0) {
    const who = single.map(({ name }) => name).join(' and ')
    return [
      `There is one run of ${who}: the tests say whether other facts would show the difference with these models, not whether models with other seeds would. Train more: reversal finetune:start … --seed 2`,
    ]
  }
  const counts = comparisons.flatMap(({ runs, paired, p }) =>
    p.runs === null ? [] : [{ least: leastPermutationP(runs, paired.seeds), runs, paired }],
  )
  const coarse = counts.find(({ least }) => least > 0.05)
  if (coarse === undefined) return []
  const { least, runs, paired } = coarse
  const have = paired.seeds
    ? plural(runs.first, 'pair of runs', 'pairs of runs')
    : `${runs.first} and ${plural(runs.second, 'run')}`
  return [
    `With ${have} p by run cannot be below ${formatP(least)}; it takes ${paired.seeds ? '6 seeds' : '4 runs per side'} to get below 0.05.`,
  ]
}

/** The smallest p that any result can have: the one arrangement and its mirror image, of all. */
function leastPermutationP({ first, second }: { first: number; second: number }, paired: boolean): number {
  if (paired) return 2 / 2 ** first
  let ways = 1
  for (let index = 1; index <= second; index++) ways *= (first + index) / index
  return 2 / ways
}

/** Runs of a side whose prompts the other side was not asked. */
function explainRunsLeftOut({ first, second, comparisons }: ConfigurationComparison): string[] {
  const lines = comparisons.flatMap(({ split, runs }) =>
    [[first, runs.first] as const, [second, runs.second] as const].flatMap(([side, used]) =>
      used >= side.runs.length
        ? []
        : [
            `${labelSplit(split).label}: ${formatCount(side.runs.length - used)} of ${plural(side.runs.length, 'run')} of ${side.name} left out because the other side was not asked the same prompts.`,
          ],
    ),
  )
  return [...new Set(lines)]
}

function explainLeftOut(comparisons: readonly ConfigurationDifference[]): string[] {
  return comparisons.flatMap(({ split, measure, prompts, left_out: count = 0 }) =>
    count === 0
      ? []
      : [
          `${labelSplit(split).label}, ${words(measure)}: ${formatCount(count)} of ${plural(prompts + count, 'prompt')} left out because a run has no answer or no number.`,
        ],
  )
}

function explainUnlearned({ name, runs, not_learned: directions = [] }: ComparedConfiguration): string[] {
  return directions.map(
    ({ direction, runs: count, ...judged }) =>
      `${name}, ${direction}, ${formatCount(count)} of ${plural(runs.length, 'run')}: ${explainNotLearned(judged)}.`,
  )
}
