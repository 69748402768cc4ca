import { InputError } from '../support/errors.ts'
import { plural } from '../support/numbers.ts'
import { epochBatches } from './batches.ts'

/**
 * A budget for a training, instead of a number of epochs: tokens without padding, including the end of each text, or
 * floating-point operations by the rule of 6 per parameter and token (arXiv 2001.08361), counting embeddings as
 * parameters.
 */
export type TrainingBudget = { tokens: number } | { flops: number }

/** A budget in tokens. */
export function budgetTokens(budget: TrainingBudget, { parameters }: { parameters: number }): number {
  return 'tokens' in budget ? budget.tokens : Math.floor(budget.flops / (6 * parameters))
}

/**
 * The largest number of steps whose tokens are within a budget. The batches are those of the training, so that an
 * interrupted training gets the same number. Throws InputError BUDGET_TOO_SMALL if the first step exceeds it.
 */
export function stepsWithin(
  tokens: number,
  {
    lengths,
    tokensOf,
    batchSize,
    seed,
  }: {
    /** Lengths of the texts, as `epochBatches` takes them. */
    lengths: readonly number[]
    /** Tokens that a text of this length trains. */
    tokensOf: (length: number) => number
    batchSize: number
    seed: number
  },
): { steps: number; tokens: number } {
  let done = { steps: 0, tokens: 0 }
  for (let epoch = 0; ; epoch++) {
    for (const batch of epochBatches(lengths, { batchSize, seed, epoch })) {
      const own = batch.reduce((total, index) => total + tokensOf(lengths[index]!), 0)
      if (done.tokens + own <= tokens) {
        done = { steps: done.steps + 1, tokens: done.tokens + own }
        continue
      }
      if (done.steps > 0) return done
      throw new InputError(
        `The budget of ${plural(tokens, 'token')} is too small: the first step alone takes ${own}.`,
        { code: 'BUDGET_TOO_SMALL', suggestions: ['use a larger budget, or a smaller --batch-size'] },
      )
    }
  }
}
