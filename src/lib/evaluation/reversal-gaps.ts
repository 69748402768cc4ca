import type { ScoredSample } from '../schemas/evaluation.ts'
import { measureReversalGap } from '../statistics/reversal-gap.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from './directions.ts'
import type { Contrast } from './evaluator.ts'

const MEASURE = 'prefix_match'

/** The reversal gap in accuracy of both groups of facts, clustered by fact, where the samples know their facts. */
export function reversalGaps(samples: readonly ScoredSample[]): Contrast[] {
  const bySplit = Map.groupBy(samples, ({ split }) => split)
  return DIRECTIONS.flatMap((direction) => {
    const splits = DIRECTION_SPLITS[direction]
    const gap = measureReversalGap({
      same: factScores(bySplit.get(splits.same) ?? [], MEASURE),
      reverse: factScores(bySplit.get(splits.reverse) ?? [], MEASURE),
    })
    if (gap.estimate === null) return []
    const { facts, estimate, low, high, confidence } = gap
    return [
      {
        ...{ name: 'reversal_gap', measure: MEASURE, first: splits.same, second: splits.reverse },
        ...{ facts, estimate, low, high, confidence },
      },
    ]
  })
}

/** A measure of the samples that have it and know their fact. */
function factScores(samples: readonly ScoredSample[], measure: string) {
  const known = samples.flatMap(({ measures, metadata }) => {
    const value = measures[measure]
    const fact = metadata?.fact
    return typeof value === 'number' && typeof fact === 'string' ? [{ value, fact }] : []
  })
  return { values: known.map(({ value }) => value), facts: known.map(({ fact }) => fact) }
}
