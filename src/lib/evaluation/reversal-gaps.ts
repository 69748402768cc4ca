import type { ScoredSample } from '../schemas/evaluation.ts'
import { measureReversalGap } from '../statistics/reversal-gap.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from './directions.ts'
import type { Contrast } from './evaluator.ts'

const MEASURE = 'prefix_match'

/** The reversal gap in accuracy of both groups of facts, clustered by fact, if the samples have facts. */
export function reversalGaps(samples: readonly ScoredSample[]): Contrast[] {
  return DIRECTIONS.flatMap((direction) => {
    const { same: first, reverse: second } = DIRECTION_SPLITS[direction]
    return gapBetween({ name: 'reversal_gap', measure: MEASURE, first, second, samples })
  })
}

/** The mean of a measure in one split minus that in another, over the facts in both; undefined if there are none. */
export function gapBetween({
  name,
  measure,
  first,
  second,
  samples,
}: Pick<Contrast, 'name' | 'measure' | 'first' | 'second'> & {
  samples: readonly ScoredSample[]
}): Contrast[] {
  const of = (split: string) =>
    factScores(
      samples.filter((sample) => sample.split === split),
      measure,
    )
  const gap = measureReversalGap({ same: of(first), reverse: of(second) })
  if (gap.estimate === null) return []
  const { facts, estimate, low, high, confidence } = gap
  return [{ name, measure, first, second, facts, estimate, low, high, confidence }]
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
