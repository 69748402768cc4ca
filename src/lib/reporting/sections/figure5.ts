import type { DirectionComparison } from '../../evaluation/celebrities/compare-directions.ts'
import { PAPER_FIGURE_5 } from '../../evaluation/paper.ts'
import type { Interval } from '../../statistics/measurements.ts'
import { ALL_PAIRS, celebritiesFigure, PARENTS } from '../celebrities-figure.ts'
import { fromPaper } from '../paper-rows.ts'
import type { Column, Row, Section } from '../report.ts'

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
  { key: 't', head: 't', format: 'ratio', detail: true, hint: 'paired t test' },
  { key: 'p', head: 'p (t)', format: 'p', detail: true },
]

/** The paper's Figure 5 from files of results of experiment 2. */
export function celebritiesSection(comparisons: readonly DirectionComparison[]): Section | undefined {
  if (comparisons.length === 0) return undefined
  const rows = comparisons.flatMap((comparison) =>
    PARENTS.map(({ name, of }): Row => {
      const { pairs, parent, child, difference } = of(comparison)
      return {
        ...{ model: comparison.model, measure: MEASURES[comparison.measure], parents: name, pairs },
        ...intervalCells('parent', parent),
        ...intervalCells('child', child),
        ...intervalCells('difference', difference),
        ...{ t: difference?.t ?? null, p: difference?.p ?? null },
      }
    }),
  )
  const paper = PAPER_FIGURE_5.map(({ model, parent, child }) => ({
    ...{ ...fromPaper(model), parents: ALL_PAIRS, parent, child, difference: parent - child },
  }))
  return {
    id: 'figure5',
    title: 'Celebrities and their parents (Figure 5)',
    text: [
      'A model is asked for the parent of a celebrity and for the child of that parent. Where answers were sampled, the share of right ones counts, where probabilities were measured, the probability of the right name. Means have Student’s t intervals, shares of pairs Wilson’s; the directions are compared pair by pair.',
    ],
    figures: [celebritiesFigure(comparisons)],
    tables: [
      {
        name: 'celebrities',
        title: 'Parents and children found',
        columns: COLUMNS,
        rows: [...rows, ...paper],
        notes: [
          'The paper’s rows are computed from its published files; those of GPT-4 are shares of different things, of celebrities and of the pairs that it found.',
        ],
      },
    ],
  }
}

function intervalCells(key: string, interval: Interval | null): Row {
  const { estimate = null, low = null, high = null } = interval ?? {}
  return { [key]: estimate, [`${key}_low`]: low, [`${key}_high`]: high }
}
