import type { TokenBatch } from './batches.ts'
import { collate, collateSequences } from './batches.ts'
import { collateMasked } from './masked-batches.ts'
import { directionTokens, maskToken } from './objectives.ts'
import type { TransformerConfig } from './sizes.ts'
import { END_OF_TEXT } from './tokenizer.ts'

/** Which step a batch is for. */
export interface BatchPlace {
  /** From 1. */
  step: number
  /** From 1. */
  epoch: number
  /** Positions of its texts in the training file. */
  texts: readonly number[]
}

/** Puts texts into one batch; those that are not trained on have no place. */
export type Collate = (texts: readonly (readonly number[])[], place?: BatchPlace) => TokenBatch

/** How a model's objective makes batches. All that is random in it follows from seed and step. */
export function collating(config: TransformerConfig, { seed }: { seed: number }): Collate {
  switch (config.objective) {
    case 'masked-uniform': {
      const mask = maskToken(config)
      return (texts, place) => collateMasked(texts, { mask, seed, step: place?.step ?? 0 })
    }
    case 'both-directions':
      return (texts, place) => collateDirections(texts, { config, place })
    default:
      return collate
  }
}

/**
 * Texts in either direction of the order of their tokens, as the next token of FORWARD x₁ … x_n END or of BACKWARD x_n …
 * x₁ END. A text changes its direction with each epoch, so that a training reads as many tokens as one in one
 * direction; texts that are not trained on are read forward.
 */
function collateDirections(
  texts: readonly (readonly number[])[],
  { config, place }: { config: TransformerConfig; place: BatchPlace | undefined },
): TokenBatch {
  const { forward, backward } = directionTokens(config)
  return collateSequences(
    texts.map((ids, index) => {
      const turned = place !== undefined && (place.texts[index]! + place.epoch) % 2 === 0
      return turned ? [backward, ...ids.toReversed(), END_OF_TEXT] : [forward, ...ids, END_OF_TEXT]
    }),
  )
}
