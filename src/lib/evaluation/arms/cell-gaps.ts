import type { ScoredSample } from '../../schemas/evaluation.ts'
import type { Contrast } from '../evaluator.ts'
import { gapBetween } from '../reversal-gaps.ts'
import { CELL_PAIRS } from './held-out-prompts.ts'

/** The reversal gap for both directions of training, in each measure that the samples have. */
export function cellGaps(samples: readonly ScoredSample[], measures: readonly string[]): Contrast[] {
  return measures.flatMap((measure) =>
    CELL_PAIRS.flatMap((pair) => gapBetween({ name: 'reversal_gap', measure, ...pair, samples })),
  )
}
