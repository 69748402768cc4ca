import { InputError } from '../../support/errors.ts'
import type { FineTuneRequest } from '../provider.ts'

/** OpenAI's limits. */
const RANGES = [
  { field: 'nEpochs', flag: '--n-epochs', low: 1, high: 50 },
  { field: 'batchSize', flag: '--batch-size', low: 1, high: 256 },
  { field: 'seed', flag: '--seed', low: 0, high: 2 ** 31 - 1 },
] as const

/** Throws InputError BAD_HYPERPARAMETER for a value that hosted fine-tuning does not take. */
export function checkHyperparameters({ hyperparameters }: FineTuneRequest): void {
  for (const { field, flag, low, high } of RANGES) {
    const value = hyperparameters[field]
    if (Number.isInteger(value) && value >= low && value <= high) continue
    throw new InputError(
      `${flag} ${value} is invalid: hosted models accept whole numbers from ${low} to ${high}.`,
      {
        code: 'BAD_HYPERPARAMETER',
      },
    )
  }
  if (hyperparameters.dropout !== undefined) {
    throw new InputError('Hosted models have no dropout: leave out --dropout.', {
      code: 'BAD_HYPERPARAMETER',
    })
  }
  if (hyperparameters.objective !== undefined) {
    throw new InputError('Hosted models predict the next token: leave out --objective.', {
      code: 'BAD_HYPERPARAMETER',
    })
  }
}
