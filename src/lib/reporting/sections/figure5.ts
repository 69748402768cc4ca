import type { DirectionComparison } from '../../evaluation/celebrities/compare-directions.ts'
import { PAPER_FIGURE_5 } from '../../evaluation/paper.ts'
import type { Interval } from '../../statistics/measurements.ts'
import { formatDecimals, plural } from '../../support/numbers.ts'
import { ALL_PAIRS, celebritiesFigure, PARENTS } from '../celebrities-figure.ts'
import { fromPaper } from '../paper-rows.ts'
import type { Column, Row, Section } from '../report.ts'
import { FEW, percent } from './finding-words.ts'

const MEASURES: Readonly<Record<DirectionComparison['measure'], string>> = {
  answers: 'right answers',
  logprob: 'probability',
  found: 'found in any answer',
}

const COLUMNS: Column[] = [
  { key: 'model', head: 'model', format: 'text' },
  { key: 'measure', head: 'share of', format: 'text', detail: true },
  { key: 'parents', head: 'asked about', format: 'text' },
  { key: 'pairs', head: 'pairs', format: 'count' },
  { key: 'parent', head: 'parent found', format: 'percent', interval: ['parent_low', 'parent_high'] },
  { key: 'child', head: 'child found', format: 'percent', interval: ['child_low', 'child_high'] },
  {
    ...{ key: 'difference', head: 'difference', format: 'points' },
    interval: ['difference_low', 'difference_high'],
    hint: 'parent minus child',
  },
  { key: 'parent_logprob', head: 'parent', format: 'nats', detail: true, hint: 'mean log-probability' },
  { key: 'child_logprob', head: 'child', format: 'nats', detail: true, hint: 'mean log-probability' },
  { key: 't', head: 't', format: 'ratio', detail: true, hint: 'paired t test' },
  { key: 'p', head: 'p (t)', format: 'p', detail: true },
]

/** The paper's Figure 5 from files of results of experiment 2. */
export function celebritiesSection(comparisons: readonly DirectionComparison[]): Section | undefined {
  if (comparisons.length === 0) return undefined
  const rows = comparisons.flatMap((comparison) =>
    PARENTS.map(({ name, of }): Row => {
      const { pairs, parent, child, difference, logprob } = of(comparison)
      return {
        ...{ model: comparison.model, measure: MEASURES[comparison.measure], parents: name, pairs },
        ...intervalCells('parent', parent),
        ...intervalCells('child', child),
        ...intervalCells('difference', difference),
        ...(logprob && { parent_logprob: logprob.parent, child_logprob: logprob.child }),
        ...{ t: difference?.t ?? null, p: difference?.p ?? null },
      }
    }),
  )
  const paper = PAPER_FIGURE_5.map(({ model, parent, child }) => ({
    ...{ ...fromPaper(model), parents: ALL_PAIRS, parent, child, difference: parent - child },
  }))
  return {
    id: 'figure5',
    findings: celebrities(rows),
    title: 'Celebrities and their parents (Figure 5)',
    text: [
      'A model is asked for the parent of a celebrity and for the child of that parent. The table shows the share of right answers if answers were sampled, or the probability of the right name if probabilities were measured. Means have Student’s t intervals, shares of pairs Wilson’s; the directions are compared pair by pair.',
    ],
    figures: [celebritiesFigure(comparisons)],
    tables: [
      {
        name: 'celebrities',
        title: 'Parents and children found',
        columns: columnsFor(rows),
        rows: [...rows, ...paper],
        notes: [
          ...comparisons.flatMap(({ model, missing }) =>
            missing === undefined || missing.unmeasured === 0
              ? []
              : [
                  `${model}: ${plural(missing.unmeasured, 'pair is', 'pairs are')} not measured and left out, as a question has no answer or no log-probability.`,
                ],
          ),
          'The paper’s rows are computed from its published files. The two shares of GPT-4 have different bases: celebrities, and the pairs that it found.',
        ],
      },
    ],
  }
}

/** Log-probabilities distinguish values that are shown as 0.0 percent; other measures have none. */
function columnsFor(rows: readonly Row[]): Column[] {
  const scored = rows.filter(({ parent_logprob: score }) => typeof score === 'number')
  const isLogprob = ({ key }: Column) => key.endsWith('_logprob')
  if (scored.length === 0) return COLUMNS.filter((column) => !isLogprob(column))
  if (!scored.every(isAllZero)) return COLUMNS
  return COLUMNS.map(({ detail, ...column }) =>
    detail === undefined || isLogprob(column) ? column : { ...column, detail },
  )
}

function isAllZero({ parent, child }: Row): boolean {
  return [parent, child].every(
    (share) => typeof share === 'number' && formatDecimals(100 * share, 1) === '0.0',
  )
}

function intervalCells(key: string, interval: Interval | null): Row {
  const { estimate = null, low = null, high = null } = interval ?? {}
  return { [key]: estimate, [`${key}_low`]: low, [`${key}_high`]: high }
}

/** Findings of Figure 5, for a few models. */
function celebrities(rows: readonly Row[]): string[] {
  const all = rows.filter(({ parents }) => parents === ALL_PAIRS)
  if (all.length > FEW) return []
  return all.map((row) => {
    const { model, measure, pairs, parent, child, parent_logprob: first, child_logprob: second } = row
    if (parent === null)
      return `${model} finds the child of ${percent(child)} of ${plural(Number(pairs), 'parent')} that it named.`
    const over = pairs === 1 ? 'one pair' : `means over ${plural(Number(pairs), 'pair')}`
    if (measure !== MEASURES.logprob)
      return `${model} answers with the parent in ${percent(parent)} of its samples, with the child in ${percent(child)} (${over}).`
    const nats =
      isAllZero(row) && typeof first === 'number' && typeof second === 'number'
        ? `; log-probabilities ${formatDecimals(first, 2)} and ${formatDecimals(second, 2)} nats`
        : ''
    return `${model} gives the parent a probability of ${percent(parent)} and the child ${percent(child)} (${over}${nats}).`
  })
}
