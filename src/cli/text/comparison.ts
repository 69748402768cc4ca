import { labelSplit } from '../../lib/datasets/reverse/split-labels.ts'
import { isRandomized } from '../../lib/evaluation/directions.ts'
import { explainNotLearned } from '../../lib/evaluation/learned.ts'
import type {
  Disagreement,
  EvaluationComparison,
  MeasureComparison,
} from '../../lib/reporting/compare/compare-evaluations.ts'
import { formatP } from '../../lib/reporting/format.ts'
import { formatCount, formatDecimals, plural } from '../../lib/support/numbers.ts'
import { formatMetric } from './evaluation.ts'
import { adviseEpochs } from './learned.ts'
import { fits, renderTable, terminalWidth, wrapText } from './table.ts'

/** Two evaluations side by side: means, their difference, tests, and where they differ most. */
export function renderComparison(comparison: EvaluationComparison): string {
  const { first, second, pairedBy, unpaired, comparisons, disagreements } = comparison
  const byPrompt = pairedBy === 'prompt'
  return [
    `First: ${first}`,
    `Second: ${second}`,
    wrapText(
      `Paired by ${pairedBy}. Differences of shares are in points. Intervals are 95 %, clustered by fact; t, Wilcoxon and permutation tests compare the means of facts.`,
    ),
    ...(unpaired.first + unpaired.second > 0
      ? [
          wrapText(
            `Left out because the other side does not have them: ${plural(unpaired.first, pairedBy)} of the first, ${formatCount(unpaired.second)} of the second.`,
          ),
        ]
      : []),
    ...notAskedAlike(comparison),
    '',
    ...(comparisons.length === 0 ? [] : [renderMeasures(comparisons, byPrompt)]),
    ...notMeasured(comparison),
    ...(comparisons.some(({ p }) => p.mcnemar !== null)
      ? [
          wrapText(
            'McNemar’s test assumes independent prompts; prompts about the same fact are not independent.',
          ),
        ]
      : []),
    ...(comparisons.some(({ split }) => isRandomized(split))
      ? [wrapText('The targets of the _randomized splits are incorrect on purpose: a match is a mistake.')]
      : []),
    ...notLearned(comparison),
    '',
    ...(disagreements.length === 0 ? [] : ['They differ most on:', ...disagreements.map(renderDisagreement)]),
  ].join('\n')
}

function notAskedAlike({ asked_differently: asked }: EvaluationComparison): string[] {
  if (asked === undefined) return []
  return [
    wrapText(
      `The sides were not asked in the same way, so differences may come from that. First: ${asked.first}. Second: ${asked.second}.`,
    ),
  ]
}

/** What is not compared, as there are no answers to compare. */
function notMeasured({
  first,
  second,
  pairedBy,
  comparisons,
  not_measured: unmeasured = [],
}: EvaluationComparison): string[] {
  const names = { first, second }
  return [
    ...unmeasured.map(({ side, split, reason }) => `${names[side]}: ${split} is not measured: ${reason}.`),
    ...comparisons.flatMap(({ split, measure, left_out: count = 0 }) =>
      count === 0
        ? []
        : [
            `${split}, ${measure.replaceAll('_', ' ')}: ${plural(count, pairedBy)} left out because a side has no answer or no number.`,
          ],
    ),
  ].map((line) => wrapText(line))
}

/** Of the same run on both sides once. */
function notLearned({
  first,
  second,
  learned,
  proposed_epochs: proposedEpochs,
}: EvaluationComparison): string[] {
  if (learned === undefined) return []
  const same = JSON.stringify(learned.first) === JSON.stringify(learned.second)
  const sides = same
    ? [['', learned.first] as const]
    : [[first, learned.first] as const, [second, learned.second] as const]
  const lines = sides.flatMap(([name, directions]) =>
    directions
      .filter((own) => !own.learned)
      .map(({ direction, ...judged }) =>
        wrapText(`${[name, direction].filter(Boolean).join(', ')}: ${explainNotLearned(judged)}.`),
      ),
  )
  return lines.length === 0 || proposedEpochs === undefined ? lines : [...lines, adviseEpochs(proposedEpochs)]
}

/** The full table, or on a narrow terminal only its most important columns. */
function renderMeasures(comparisons: readonly MeasureComparison[], byPrompt: boolean): string {
  const width = terminalWidth() ?? Number.POSITIVE_INFINITY
  const cells = comparisons.map((own) => comparisonCells(own, byPrompt))
  const keys = Object.keys(cells[0] ?? {})
  const layOut = (heads: readonly string[], least: number) =>
    renderTable(
      heads.map((head) => ({
        head: head.replace(BARE, ''),
        ...(head.replace(BARE, '') === 'split'
          ? { least }
          : head === 'measure'
            ? {}
            : { align: 'right' as const }),
      })),
      cells.map((row) => heads.map((head) => row[head]!)),
      { width },
    )
  const full = layOut(
    keys.filter((key) => !key.endsWith(BARE)),
    18,
  )
  if (fits(full, width)) return full
  const narrow = layOut(
    keys.filter((key) => !DETAILS.has(key)),
    10,
  )
  return `${narrow}\n(facts, intervals, d, and Wilcoxon and permutation tests: --json)`
}

/** Suffix of the key of a cell that replaces another on narrow terminals. */
const BARE = ', bare'
const DETAILS: ReadonlySet<string> = new Set([
  'split',
  'facts',
  'first - second',
  'd',
  'Wilcoxon',
  'permutation',
])

/** The columns of a measure, by heading. */
function comparisonCells(comparison: MeasureComparison, byPrompt: boolean): Record<string, string> {
  const { split, measure, unit, pairs, units, first, second, difference, effect, p } = comparison
  const { estimate, low, high } = difference
  const show = (value: number) => formatMetric(unit, value)
  const showDifference = (value: number) =>
    unit === 'share' ? formatDecimals(100 * value, 1) : formatMetric(unit, value)
  const optional = (value: number | null, format: (value: number) => string) =>
    value === null ? '' : format(value)
  const interval = low === null || high === null ? '' : ` [${showDifference(low)}, ${showDifference(high)}]`
  return {
    split: labelSplit(split).label,
    [`split${BARE}`]: labelSplit(split).short,
    measure: measure.replaceAll('_', ' '),
    ...(byPrompt && { prompts: String(pairs) }),
    facts: String(units),
    first: show(first),
    second: show(second),
    'first - second': `${optional(estimate, showDifference)}${interval}`,
    [`first - second${BARE}`]: optional(estimate, showDifference),
    d: optional(effect, (value) => formatDecimals(value, 2)),
    ...(byPrompt && { 'p: McNemar': optional(p.mcnemar, formatP) }),
    'p: t': optional(p.t, formatP),
    Wilcoxon: optional(p.wilcoxon, formatP),
    permutation: optional(p.permutation, formatP),
  }
}

function renderDisagreement({
  measure,
  unit,
  split,
  question,
  target,
  incorrect,
  first,
  second,
}: Disagreement): string {
  const side = (name: string, { value, completion }: Disagreement['first']) =>
    `    ${name}: ${formatMetric(unit, value)}${completion === '' ? '' : `  ${JSON.stringify(completion.trim())}`}`
  return [
    indented(`${measure.replaceAll('_', ' ')}, ${labelSplit(split).label}: ${question.replace(/\s+/g, ' ')}`),
    ...(target === ''
      ? []
      : [`    ${incorrect ? 'incorrect on purpose' : 'right'}: ${JSON.stringify(target)}`]),
    side('first', first),
    side('second', second),
  ].join('\n')
}

function indented(text: string): string {
  const width = terminalWidth()
  return wrapText(text, width === undefined ? undefined : width - 2).replace(/^/gm, '  ')
}
