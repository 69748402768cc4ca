import type { FineTuneRequest } from '../finetuning/provider.ts'
import type { Recipe } from '../schemas/recipe.ts'

/** How a recipe trains, as providers take it. */
export function recipeHyperparameters({
  training,
}: Recipe): Omit<FineTuneRequest['hyperparameters'], 'seed'> {
  const { n_epochs, batch_size, learning_rate_multiplier, dropout } = training
  return {
    nEpochs: n_epochs,
    batchSize: batch_size,
    learningRateMultiplier: learning_rate_multiplier,
    ...(dropout !== undefined && { dropout }),
  }
}
