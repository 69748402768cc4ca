import type { TrainingBudget } from '../../engine/budget.ts'
import type { LossPart } from '../../engine/loss-mask.ts'
import type { Objective } from '../../engine/objectives.ts'
import { OBJECTIVES } from '../../engine/objectives.ts'
import type { Size } from '../../engine/sizes.ts'
import { SIZES } from '../../engine/sizes.ts'
import type { TrainingSettings } from '../../engine/training-plan.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import { suggestName } from '../../support/nearest.ts'
import type { FineTuneRequest } from '../provider.ts'

/** The shape of a local model. Throws InputError MODEL_UNKNOWN. */
export function localSize(model: string): Size {
  const size = SIZES[model]
  if (size !== undefined) return size
  const names = Object.keys(SIZES)
  const hint = suggestName(model, names)
  throw new InputError(`There is no local model ${model}. ${hint}`, {
    code: 'MODEL_UNKNOWN',
    suggestions: ['hosted models are fine-tuned with --provider openai'],
  })
}

/** Throws InputError WRONG_SETTING for an objective of a run that another version trained. */
function knownObjective(name: string): Objective {
  const known = OBJECTIVES.find((objective) => objective === name)
  if (known !== undefined) return known
  throw new InputError(`There is no objective ${name}. They are ${OBJECTIVES.join(', ')}.`, {
    code: 'WRONG_SETTING',
  })
}

/** A run as the engine takes it. */
export function trainingSettings(
  { model, hyperparameters }: Pick<RunRecord, 'model' | 'hyperparameters'>,
  texts: readonly string[],
  lossParts?: readonly LossPart[],
): TrainingSettings {
  const { objective } = hyperparameters
  return {
    size: localSize(model),
    texts,
    nEpochs: hyperparameters.n_epochs,
    batchSize: hyperparameters.batch_size,
    learningRateMultiplier: hyperparameters.learning_rate_multiplier,
    dropout: hyperparameters.dropout,
    seed: hyperparameters.seed ?? 0,
    ...(objective !== undefined && { objective: knownObjective(objective) }),
    ...budgetOf(hyperparameters),
    ...(lossParts && { lossParts }),
  }
}

/** The budget that ends a run instead of its epochs. */
export function budgetOf({ token_budget: tokens, compute_budget: flops }: RunRecord['hyperparameters']): {
  budget?: TrainingBudget
} {
  if (tokens !== undefined) return { budget: { tokens } }
  return flops === undefined ? {} : { budget: { flops } }
}

/** Budget and loss as they are recorded: defaults are left out, so that earlier runs remain the same experiments. */
export function recordedExtent({
  tokenBudget,
  computeBudget,
  loss = 'all',
}: FineTuneRequest['hyperparameters']): Partial<RunRecord['hyperparameters']> {
  return {
    ...(tokenBudget !== undefined && { token_budget: tokenBudget }),
    ...(computeBudget !== undefined && { compute_budget: computeBudget }),
    ...(loss !== 'all' && { loss }),
  }
}
