import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { leastConclusiveAccuracy } from '../statistics/conclusive-accuracy.ts'
import { formatPercent, plural } from '../support/numbers.ts'
import type { Direction } from './directions.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from './directions.ts'

/** Whether a model has learned enough for its reverse accuracy to say anything. */
export interface Learned {
  /** Share of right completions in the direction of training, 0 to 1. */
  same: number
  /** Independent facts behind it. */
  facts: number
  /** The lowest share that can carry a conclusion, from the number of facts. */
  least: number
  learned: boolean
}

/** The same for the facts that were trained in one way. */
export interface LearnedDirection extends Learned {
  direction: Direction
}

export function judgeLearned({ same, facts }: { same: number; facts: number }): Learned {
  const least = leastConclusiveAccuracy({ facts })
  return { same, facts, least, learned: same >= least }
}

/**
 * Whether each direction of training was learned in an evaluation of experiment 1; only for directions it
 * asked about. Facts
 * are those of the reversal gap, or of the direction of training where none of them is asked for in reverse. Where the
 * evaluation knows none, each prompt counts as one.
 */
export function judgeDirections({
  splits,
  contrasts = [],
}: Pick<EvaluationSummary, 'splits' | 'contrasts'>): LearnedDirection[] {
  return DIRECTIONS.flatMap((direction) => {
    const { same: split } = DIRECTION_SPLITS[direction]
    const asked = splits.find((own) => own.split === split)
    const same = asked?.metrics.prefix_accuracy
    if (typeof same !== 'number') return []
    const known = contrasts.find((own) => own.name === 'reversal_gap' && own.first === split)?.facts
    return [{ direction, ...judgeLearned({ same, facts: known ?? asked!.facts ?? asked!.samples }) }]
  })
}

/** The phrase for inconclusive results in all output. */
export const NOTHING_FOLLOWS = 'not learned: nothing follows for the reverse'

/** Why nothing follows for the reverse: a sentence to stand after the name of what was not learned. */
export function explainNotLearned({ same, facts, least }: Learned): string {
  return `${NOTHING_FOLLOWS}. ${formatPercent(same)} right in the direction of training is below ${formatPercent(least)}, from which 0.0 % in reverse would be evidence with ${plural(facts, 'fact')} (p < 0.05)`
}
