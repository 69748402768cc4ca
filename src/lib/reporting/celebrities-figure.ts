import type { DirectionAccuracy, DirectionComparison } from '../evaluation/celebrities/compare-directions.ts'
import type { FigureSpec } from './render-figure.ts'
import { colour } from './theme.ts'

const DIRECTIONS = { parent: 'parent of a celebrity', child: 'child of a parent' } as const
const COLOURS = [colour('same'), colour('reverse')]
const PANELS = ['all pairs', 'mothers', 'fathers'] as const

interface Bar {
  panel: (typeof PANELS)[number]
  model: string
  direction: string
  /** In percent, like its interval. */
  accuracy: number
  low: number | null
  high: number | null
}

/** The paper's Figure 5: for each model how often it finds a parent and how often a child, with 95 % intervals. */
export function celebritiesFigure(comparisons: readonly DirectionComparison[]): FigureSpec {
  const models = [...new Set(comparisons.map(({ model }) => model))]
  const shared = {
    y: { field: 'model', type: 'nominal', sort: models, axis: { title: null } },
    yOffset: { field: 'direction', sort: Object.values(DIRECTIONS) },
  } as const
  return {
    description: describe(comparisons),
    title: {
      text: 'Who is the parent, and who is the child?',
      subtitle: 'Share found in each direction; the lines are 95 % intervals.',
    },
    data: { values: comparisons.flatMap(bars) },
    facet: { column: { field: 'panel', type: 'nominal', sort: [...PANELS] } },
    spec: {
      width: 200,
      height: { step: 16 },
      layer: [
        {
          mark: { type: 'bar' },
          encoding: {
            ...shared,
            x: { field: 'accuracy', type: 'quantitative', title: 'accuracy (%)' },
            color: {
              field: 'direction',
              type: 'nominal',
              scale: { domain: Object.values(DIRECTIONS), range: COLOURS },
            },
          },
        },
        {
          transform: [{ filter: 'isValid(datum.low)' }],
          mark: { type: 'rule', color: colour('ink') },
          encoding: { ...shared, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
        },
      ],
    },
  }
}

function describe(comparisons: readonly DirectionComparison[]): string {
  const found = comparisons.map(({ model, parent, child }) => {
    const shares = Object.entries({ parent, child }).flatMap(([direction, interval]) => {
      const estimate = interval?.estimate ?? null
      return estimate === null ? [] : [`${direction} ${(100 * estimate).toFixed(1)} %`]
    })
    return `${model}: ${shares.join(', ')}`
  })
  return `Bars of the share of parents and of children found. ${found.join('; ')}.`
}

function bars(comparison: DirectionComparison): Bar[] {
  const { mother, father } = comparison.byParentType
  const panels: Record<Bar['panel'], DirectionAccuracy> = {
    'all pairs': comparison,
    mothers: mother,
    fathers: father,
  }
  return PANELS.flatMap((panel) =>
    (['parent', 'child'] as const).flatMap((direction) => {
      const { estimate = null, low = null, high = null } = panels[panel][direction] ?? {}
      if (estimate === null) return []
      const toPercent = (share: number | null) => share && 100 * share
      return {
        panel,
        model: comparison.model,
        direction: DIRECTIONS[direction],
        accuracy: 100 * estimate,
        low: toPercent(low),
        high: toPercent(high),
      }
    }),
  )
}
