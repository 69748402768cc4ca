import type {
  Disagreement,
  EvaluationComparison,
  MeasureComparison,
} from '../lib/reporting/compare/compare-evaluations.ts'
import { formatP } from '../lib/reporting/format.ts'
import { renderTable, terminalWidth } from './table.ts'

/** Two evaluations side by side: means, their difference, tests, and where they differ most. */
export function renderComparison(comparison: EvaluationComparison): string {
  const { first, second, pairedBy, unpaired, comparisons, disagreements } = comparison
  const byPrompt = pairedBy === 'prompt'
  const right = { align: 'right' } as const
  const table = renderTable(
    [
      { head: 'split', least: 18 },
      { head: 'measure' },
      ...(byPrompt ? [{ head: 'prompts', ...right }] : []),
      { head: 'facts', ...right },
      { head: 'first', ...right },
      { head: 'second', ...right },
      { head: 'first - second', ...right },
      { head: 'd', ...right },
      ...(byPrompt ? [{ head: 'p: McNemar', ...right }] : []),
      { head: 'p: t', ...right },
      { head: 'Wilcoxon', ...right },
      { head: 'permutation', ...right },
    ],
    comparisons.map((own) => comparisonRow(own, byPrompt)),
    { width: terminalWidth() },
  )
  return [
    `First: ${first}`,
    `Second: ${second}`,
    `Paired by ${pairedBy}. Intervals are 95 %, clustered by fact; t, Wilcoxon and permutation tests compare the means of facts.`,
    ...(unpaired.first + unpaired.second > 0
      ? [
          `Left out, as the other side has them not: ${unpaired.first} ${pairedBy}s of the first, ${unpaired.second} of the second.`,
        ]
      : []),
    '',
    table,
    ...(comparisons.some(({ p }) => p.mcnemar !== null)
      ? ['McNemar’s test takes prompts for independent, which the prompts about one fact are not.']
      : []),
    '',
    ...(disagreements.length === 0 ? [] : ['They differ most on:', ...disagreements.map(renderDisagreement)]),
  ].join('\n')
}

function comparisonRow(comparison: MeasureComparison, byPrompt: boolean): string[] {
  const { split, measure, pairs, units, first, second, difference, effect, p } = comparison
  const { estimate, low, high } = difference
  const show = (value: number) => formatMeasure(measure, value)
  const optional = (value: number | null, format: (value: number) => string) =>
    value === null ? '' : format(value)
  const interval = low === null || high === null ? '' : ` [${show(low)}, ${show(high)}]`
  return [
    ...[split, measure.replaceAll('_', ' ')],
    ...(byPrompt ? [String(pairs)] : []),
    ...[String(units), show(first), show(second)],
    `${optional(estimate, show)}${interval}`,
    optional(effect, (value) => value.toFixed(2)),
    ...(byPrompt ? [optional(p.mcnemar, formatP)] : []),
    ...[p.t, p.wilcoxon, p.permutation].map((value) => optional(value, formatP)),
  ]
}

function renderDisagreement({ measure, split, question, target, first, second }: Disagreement): string {
  const side = (name: string, { value, completion }: Disagreement['first']) =>
    `    ${name}: ${formatMeasure(measure, value)}${completion === '' ? '' : `  ${JSON.stringify(completion.trim())}`}`
  return [
    `  ${measure.replaceAll('_', ' ')}, ${split}: ${question.replace(/\s+/g, ' ')}`,
    ...(target === '' ? [] : [`    right: ${JSON.stringify(target)}`]),
    side('first', first),
    side('second', second),
  ].join('\n')
}

function formatMeasure(measure: string, value: number): string {
  return measure.endsWith('_match') ? `${(100 * value).toFixed(1)} %` : value.toFixed(3)
}
