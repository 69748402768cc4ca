import { inLabelOrder, labelSplit } from '../../lib/datasets/reverse/split-labels.ts'
import { describeMixture } from '../../lib/evaluation/answered-by.ts'
import type { Contrast, Relation } from '../../lib/evaluation/evaluator.ts'
import { describeNoAnswers, totalNoAnswers } from '../../lib/evaluation/no-answers.ts'
import type { EvaluationResult } from '../../lib/evaluation/run-evaluation.ts'
import type { EvaluationTarget } from '../../lib/evaluation/target.ts'
import type { EvaluationSummary } from '../../lib/schemas/evaluation.ts'
import type { MetricDescription, MetricDescriptions } from '../../lib/schemas/metric.ts'
import { describeMetric } from '../../lib/schemas/metric.ts'
import type { OptionsSchema } from '../../lib/schemas/option-values.ts'
import { formatCount, formatDecimals, formatPercent, plural } from '../../lib/support/numbers.ts'
import { fits, renderRecords, renderTable, terminalWidth, wrapText } from './table.ts'

/** An evaluation for a person to read: the question, its progress, and a row of metrics for each split. */
export function renderEvaluation(
  { name }: EvaluationTarget,
  result: EvaluationResult,
  notLearned: readonly string[] = [],
): string {
  const { model, evaluator, dataset, splits, contrasts = [], descriptions } = result.summary
  const { scoring_unavailable: reason } = result.summary
  const mixture = describeMixture(result.summary.answered_by)
  const scores = [
    ...renderPartial(result),
    renderSplits(result.summary),
    ...explainExact(result.summary).map((line) => wrapText(line)),
    ...renderNoAnswers(splits).map((line) => wrapText(line)),
    ...contrasts.map((contrast) => wrapText(renderContrast(contrast, descriptions))),
    ...notLearned,
    ...(mixture === undefined
      ? []
      : [wrapText(`${mixture} If the model was replaced, ask all prompts again: --no-resume --no-cache`)]),
    ...(reason === undefined ? [] : [wrapText(`Log-probabilities are not available: ${reason}`)]),
  ]
  const title = `${name} (${model}), ${evaluator.name} v${evaluator.version} on ${dataset.name ?? dataset.directory}: ${describeState(result)}`
  return [wrapText(title), ...(splits.length > 0 ? scores : []), `${result.directory}\n`].join('\n')
}

/** Why splits are not fully measured, one line each. */
function renderNoAnswers(splits: EvaluationSummary['splits']): string[] {
  return splits.flatMap(
    ({ split, samples, no_answers: counts, not_measured: reason, clamped_scores: clamped }) => [
      ...(reason === undefined ? [] : [`${labelSplit(split).label} is not measured: ${reason}.`]),
      ...(reason !== undefined || counts === undefined || totalNoAnswers(counts) === 0
        ? []
        : [
            `${labelSplit(split).label}: no answer to ${formatCount(totalNoAnswers(counts))} of ${plural(samples, 'prompt')} (${describeNoAnswers(counts)}); left out of the accuracy.`,
          ]),
      ...(clamped === undefined
        ? []
        : [
            `${labelSplit(split).label}: ${clamped} of ${samples} log-probabilities are lower than this server reports; left out of the mean.`,
          ]),
    ],
  )
}

function describeState({ summary, scored, rescored = 0, total }: EvaluationResult): string {
  if (summary.status === 'complete') {
    if (scored === 0 && rescored > 0) {
      return `complete; ${plural(rescored, 'answer')} of an earlier version scored again`
    }
    return scored > 0 ? 'complete' : 'already complete; --no-resume scores it again'
  }
  return `${formatCount(scoredSoFar(summary))} of ${plural(total, 'prompt')} scored; the same command continues`
}

/** A note that the numbers of an incomplete evaluation are not a result. */
function renderPartial({ summary, total }: EvaluationResult): string[] {
  if (summary.status === 'complete') return []
  const numbers = `${formatCount(scoredSoFar(summary))} of ${plural(total, 'prompt')}`
  return [wrapText(`Not complete: the numbers below cover only ${numbers} and may still change.`)]
}

function scoredSoFar({ splits }: EvaluationSummary): number {
  return splits.reduce((sum, { samples }) => sum + samples, 0)
}

/** Evaluations side by side, a row for each split. */
export function renderRelation(
  { title, sides, metrics, splits, notes }: Relation,
  descriptions?: MetricDescriptions,
): string {
  const described = metrics.map((name) => ({ name, ...describeMetric(name, descriptions) }))
  const heads = described.flatMap(({ label }) => sides.map((side) => `${label}, ${side}`))
  const table = renderTable(
    [
      { head: 'split', least: 18 },
      ...['prompts', ...heads].map((head) => ({ head, align: 'right' as const })),
    ],
    splits.map(({ split, samples, metrics: values }) => [
      split,
      formatCount(samples),
      ...described.flatMap(({ name, unit }) => sides.map((side) => formatMetric(unit, values[side]?.[name]))),
    ]),
    { width: terminalWidth() },
  )
  return [title, table, ...notes.map((note) => wrapText(note)), ''].join('\n')
}

/** The metrics of an evaluation, one row per split; groups of metrics have separate tables. */
export function renderSplits({
  splits,
  descriptions,
}: Pick<EvaluationSummary, 'splits' | 'descriptions'>): string {
  const names = [...new Set(splits.flatMap((split) => Object.keys(split.metrics)))]
  const metrics = names.map((name): Metric => ({ name, ...describeMetric(name, descriptions) }))
  const groups = Map.groupBy(metrics, ({ group }) => group)
  const plain = groups.get(undefined) ?? []
  const grouped = [...groups].filter(([group]) => group !== undefined)
  return [
    ...(plain.length > 0 || grouped.length === 0 ? [renderMetrics(splits, plain)] : []),
    ...grouped.flatMap(([group, own]) => {
      const having = splits.filter((split) => own.some(({ name }) => name in split.metrics))
      return [`${group}:`, renderMetrics(having, own)]
    }),
  ].join('\n')
}

type Metric = MetricDescription & { name: string; label: string }

/** On a narrow terminal, the number of prompts is left out and names are shortened more. */
function renderMetrics(splits: EvaluationSummary['splits'], metrics: readonly Metric[]): string {
  const width = terminalWidth()
  const heads = ['prompts', ...metrics.map(({ label }) => label)]
  const numbers = heads.map((head) => ({ head, align: 'right' as const }))
  const ordered = inLabelOrder(splits)
  const rowsWith = (named: 'label' | 'short') =>
    ordered.map(({ split, samples, metrics: values }) => [
      labelSplit(split)[named],
      formatCount(samples),
      ...metrics.map(({ name, unit }) => formatMetric(unit, values[name])),
    ])
  const rows = rowsWith('label')
  const hasLabels = ordered.some(({ split }) => labelSplit(split).label !== split)
  const withFiles = renderTable(
    [{ head: 'split', least: 18 }, ...numbers, { head: 'file' }],
    rows.map((row, index) => [...row, ordered[index]!.split]),
    {},
  )
  if (hasLabels && (width === undefined || fits(withFiles, width))) return withFiles
  const least = hasLabels ? LABEL_WIDTH : 18
  const table = renderTable([{ head: 'split', least }, ...numbers], rows, { width })
  if (width === undefined || fits(table, width)) return table
  const narrow = (of: readonly string[][], room: number) =>
    renderTable(
      [{ head: 'split', least: room }, ...numbers.slice(1)],
      of.map((row) => row.toSpliced(1, 1)),
      { width },
    )
  const long = hasLabels ? narrow(rows, LABEL_WIDTH) : undefined
  if (long !== undefined && fits(long, width)) return long
  const short = narrow(rowsWith('short'), 12)
  return fits(short, width) ? short : renderRecords(['split', ...heads], rows, { width })
}

/** The shortest part of a label that distinguishes it from all others: "NameToDescription, incor…". */
const LABEL_WIDTH = 26

/**
 * Explains why exact accuracy may be zero although prefix accuracy is high: a right answer that continues is not exact.
 */
export function explainExact({ splits }: Pick<EvaluationSummary, 'splits'>): string[] {
  const differ = splits.some(
    ({ metrics: { prefix_accuracy: prefix, exact_accuracy: exact } }) =>
      typeof prefix === 'number' && typeof exact === 'number' && exact < prefix,
  )
  return differ
    ? [
        'prefix: the completion begins with the right answer. exact: it is nothing but the right answer, so a model that continues after a name scores 0.',
      ]
    : []
}

/**
 * "Reversal gap, NameToDescription, same minus reverse: 32.0 points [24.1, 40.2] over 30 facts"; of
 * log-probabilities "1.250 nats".
 */
export function renderContrast(
  { name, measure, first, second, facts, estimate, low, high }: Contrast,
  descriptions?: MetricDescriptions,
): string {
  const { unit: kind } = describeMetric(measure, descriptions)
  const show = (value: number) => formatDifference(kind, value)
  const unit = kind === 'share' ? ' points' : kind === 'nats' ? ' nats' : ''
  const interval = low === null || high === null ? '' : ` [${show(low)}, ${show(high)}]`
  const of = measure === 'prefix_match' ? '' : ` in ${measure.replaceAll('_', ' ')}`
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('_', ' ')}${of}`
  const gap = estimate === null ? 'n/a' : `${show(estimate)}${unit}${interval}`
  return `${title}, ${describeSides(first, second)}: ${gap} over ${plural(facts, 'fact')}`
}

/** "NameToDescription, same minus reverse", or both splits in full if they have nothing in common. */
function describeSides(first: string, second: string): string {
  const [a, b] = [labelSplit(first).label, labelSplit(second).label]
  const end = a.indexOf(', ')
  const shared = a.slice(0, end + 2)
  return end > 0 && b.startsWith(shared) ? `${a} minus ${b.slice(shared.length)}` : `${a} minus ${b}`
}

/** Shares in percent, everything else with three decimals. */
export function formatMetric(unit: MetricDescription['unit'], value: number | null | undefined): string {
  if (value === undefined) return ''
  if (value === null) return 'n/a'
  return unit === 'share' ? formatPercent(value) : formatDecimals(value, 3)
}

/** The difference of two of its values: of shares in points, which are no share of either. */
export function formatDifference(unit: MetricDescription['unit'], difference: number): string {
  return unit === 'share' ? formatDecimals(100 * difference, 1) : formatDecimals(difference, 3)
}

/** The options that `--evaluator-option` can set. */
export function renderEvaluatorOptions(name: string, options: OptionsSchema['properties']): string {
  const table = renderTable(
    [{ head: 'option' }, { head: 'values' }, { head: 'default' }, { head: 'what it does' }],
    Object.entries(options).map(([key, { type, enum: values, default: usual, description }]) => [
      ...[key, values?.join(', ') ?? type, usual === undefined ? '' : String(usual), description],
    ]),
    { width: terminalWidth() },
  )
  return `\nOptions of ${name} (--evaluator-option KEY=VALUE):\n${table}`
}
