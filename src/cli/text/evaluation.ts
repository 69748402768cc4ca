import type { OrderComparison } from '../../lib/evaluation/compare-orders.ts'
import type { Contrast } from '../../lib/evaluation/evaluator.ts'
import { explainNotLearned } from '../../lib/evaluation/learned.ts'
import { describeNoAnswers, totalNoAnswers } from '../../lib/evaluation/no-answers.ts'
import type { EvaluationResult } from '../../lib/evaluation/run-evaluation.ts'
import type { EvaluationTarget } from '../../lib/evaluation/target.ts'
import type { EvaluationSummary } from '../../lib/schemas/evaluation.ts'
import { formatCount, formatDecimals, formatPercent, plural } from '../../lib/support/numbers.ts'
import { fits, renderTable, terminalWidth, wrapText } from './table.ts'

/** An evaluation for a person to read: what was asked, how far it is, a row of metrics for each split. */
export function renderEvaluation(
  { name }: EvaluationTarget,
  result: EvaluationResult,
  notLearned: readonly string[] = [],
): string {
  const { model, evaluator, dataset, splits, contrasts = [], scoring_unavailable: reason } = result.summary
  const scores = [
    renderSplits(splits),
    ...renderNoAnswers(splits).map((line) => wrapText(line)),
    ...contrasts.map((contrast) => wrapText(renderContrast(contrast))),
    ...notLearned,
    ...(reason === undefined ? [] : [wrapText(`Log-probabilities are not available: ${reason}`)]),
  ]
  const title = `${name} (${model}), ${evaluator.name} v${evaluator.version} on ${dataset.name ?? dataset.directory}: ${describeState(result)}`
  return [wrapText(title), ...(splits.length > 0 ? scores : []), `${result.directory}\n`].join('\n')
}

/** What keeps splits from being measured in whole or in part, a line for each. */
export function renderNoAnswers(splits: EvaluationSummary['splits']): string[] {
  return splits.flatMap(
    ({ split, samples, no_answers: counts, not_measured: reason, clamped_scores: clamped }) => [
      ...(reason === undefined ? [] : [`${split} is not measured: ${reason}.`]),
      ...(reason !== undefined || counts === undefined || totalNoAnswers(counts) === 0
        ? []
        : [
            `${split}: no answer to ${formatCount(totalNoAnswers(counts))} of ${plural(samples, 'prompt')} (${describeNoAnswers(counts)}), left out of the accuracy.`,
          ]),
      ...(clamped === undefined
        ? []
        : [
            `${split}: ${clamped} of ${samples} log-probabilities are lower than this server reports, left out of the mean.`,
          ]),
    ],
  )
}

function describeState({ summary, scored, rescored = 0, total }: EvaluationResult): string {
  if (summary.status === 'complete') {
    if (scored === 0 && rescored > 0) {
      return `complete; ${plural(rescored, 'answer')} of an earlier version scored anew`
    }
    return scored > 0 ? 'complete' : 'complete before; --no-resume scores it again'
  }
  const done = summary.splits.reduce((sum, { samples }) => sum + samples, 0)
  return `${done} of ${plural(total, 'prompt')} scored; the same command goes on`
}

/** The two orders of experiment 3 side by side, a row for each split. */
export function renderOrderComparison({ model, hyperparameters, splits, learned }: OrderComparison): string {
  const sides = ['same', 'reverse'] as const
  const metrics = ['prefix_accuracy', 'mean_logprob']
  const heads = metrics.flatMap((metric) => sides.map((side) => `${nameMetric(metric)}, ${side}`))
  const table = renderTable(
    [
      { head: 'split', least: 18 },
      ...['prompts', ...heads].map((head) => ({ head, align: 'right' as const })),
    ],
    splits.map(({ split, samples, ...results }) => [
      split,
      formatCount(samples),
      ...metrics.flatMap((metric) =>
        sides.map((side) => formatMetric(metric, results[side].metrics[metric])),
      ),
    ]),
    { width: terminalWidth() },
  )
  const settings = Object.entries(hyperparameters).map(([name, value]) => `${name} ${value}`)
  const runs = sides.map((side) => `${side} ${splits[0]?.[side].runs.length ?? 0}`)
  return [
    `Guidances in the same and in reverse order, ${model} (${settings.join(', ')}), means over runs: ${runs.join(', ')}`,
    table,
    ...(learned?.learned === false ? [wrapText(`Instructions ${explainNotLearned(learned)}.`)] : []),
    '',
  ].join('\n')
}

/** Where the right answer stands among all candidates: only some splits have these, so they get their own table. */
const RANKING: ReadonlySet<string> = new Set([
  'mean_rank',
  'mean_reciprocal_rank',
  'win_rate',
  'peer_win_rate',
])

/** The metrics of an evaluation, a row for each split. */
export function renderSplits(splits: EvaluationSummary['splits']): string {
  const metrics = [...new Set(splits.flatMap((split) => Object.keys(split.metrics)))]
  const [ranking = [], plain = []] = [true, false].map((ranks) =>
    metrics.filter((metric) => RANKING.has(metric) === ranks),
  )
  const ranked = splits.filter((split) => ranking.some((metric) => metric in split.metrics))
  return [
    renderMetrics(splits, plain),
    ...(ranked.length === 0 ? [] : ['The right name among all names:', renderMetrics(ranked, ranking)]),
  ].join('\n')
}

/** Where the terminal is too narrow for all, the number of prompts is left out and names are cut more. */
function renderMetrics(splits: EvaluationSummary['splits'], metrics: readonly string[]): string {
  const width = terminalWidth()
  const numbers = ['prompts', ...metrics.map(nameMetric)].map((head) => ({ head, align: 'right' as const }))
  const rows = splits.map(({ split, samples, metrics: values }) => [
    split,
    formatCount(samples),
    ...metrics.map((metric) => formatMetric(metric, values[metric])),
  ])
  const table = renderTable([{ head: 'split', least: 18 }, ...numbers], rows, { width })
  if (width === undefined || fits(table, width)) return table
  return renderTable(
    [{ head: 'split', least: 12 }, ...numbers.slice(1)],
    rows.map((row) => row.toSpliced(1, 1)),
    { width },
  )
}

/** Measures that are shares from 0 to 1, so that their differences are percentage points. */
const SHARE = /(_match|accuracy|win_rate)$/
const LOGPROB = /logprob/

/**
 * "Reversal gap, p2d_prompts_test minus p2d_reverse_prompts_test: 32.0 points [24.1, 40.2] over 30 facts"; of
 * log-probabilities "1.250 nats".
 */
export function renderContrast({
  name,
  measure,
  first,
  second,
  facts,
  estimate,
  low,
  high,
}: Contrast): string {
  const isShare = SHARE.test(measure)
  const show = (value: number) => (isShare ? formatDecimals(100 * value, 1) : formatDecimals(value, 3))
  const unit = isShare ? ' points' : LOGPROB.test(measure) ? ' nats' : ''
  const interval = low === null || high === null ? '' : ` [${show(low)}, ${show(high)}]`
  const of = measure === 'prefix_match' ? '' : ` in ${measure.replaceAll('_', ' ')}`
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('_', ' ')}${of}`
  const gap = estimate === null ? 'n/a' : `${show(estimate)}${unit}${interval}`
  return `${title}, ${first} minus ${second}: ${gap} over ${plural(facts, 'fact')}`
}

/** A metric as a heading: its unit, as percent signs show it, and that it is a mean are left out. */
function nameMetric(metric: string): string {
  return metric
    .replace(/_accuracy$/, '')
    .replace(/^mean_/, '')
    .replaceAll('_', ' ')
}

/** Accuracies in percent, everything else with three decimals. */
export function formatMetric(metric: string, value: number | null | undefined): string {
  if (value === undefined) return ''
  if (value === null) return 'n/a'
  return metric.endsWith('accuracy') ? formatPercent(value) : formatDecimals(value, 3)
}
