import type { DirectionAccuracy, DirectionComparison } from '../evaluation/celebrities/compare-directions.ts'
import type { Mark } from './interval-figure.ts'
import { intervalFigure } from './interval-figure.ts'
import type { ReportFigure } from './report.ts'
import { colour } from './theme.ts'

const DIRECTION_NAMES = { parent: 'parent of a celebrity', child: 'child of a parent' } as const

/** Name of the group of all pairs. */
export const ALL_PAIRS = 'all pairs'

/** Labels of the groups, and their keys in a comparison. */
export const PARENTS: readonly {
  name: string
  of: (comparison: DirectionComparison) => DirectionAccuracy
}[] = [
  { name: ALL_PAIRS, of: (comparison) => comparison },
  { name: 'mothers', of: ({ byParentType }) => byParentType.mother },
  { name: 'fathers', of: ({ byParentType }) => byParentType.father },
]

/** The paper's Figure 5: for each model how often it finds a parent and how often a child, with 95 % intervals. */
export function celebritiesFigure(comparisons: readonly DirectionComparison[]): ReportFigure {
  return intervalFigure({
    name: 'celebrities',
    title: 'Who is the parent, and who is the child?',
    caption: 'The share of pairs found in each direction. Thin lines are 95 % intervals.',
    marks: PARENTS.flatMap(({ name, of }) =>
      comparisons.flatMap((comparison) => marksOf(comparison.model, name, of(comparison))),
    ),
    shape: 'bar',
    series: [
      { name: DIRECTION_NAMES.parent, colour: colour('same') },
      { name: DIRECTION_NAMES.child, colour: colour('reverse') },
    ],
    axis: { title: 'share found', unit: 'percent' },
  })
}

function marksOf(label: string, panel: string, accuracy: DirectionAccuracy): Mark[] {
  return (['parent', 'child'] as const).flatMap((direction) => {
    const { estimate = null, low = null, high = null } = accuracy[direction] ?? {}
    return estimate === null
      ? []
      : [{ label, panel, series: DIRECTION_NAMES[direction], value: estimate, low, high }]
  })
}
