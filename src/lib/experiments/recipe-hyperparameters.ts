import type { FineTuneRequest } from '../finetuning/provider.ts'
import type { Recipe } from '../schemas/recipe.ts'

/** How a recipe trains, as providers take it. */
export function recipeHyperparameters({
  training,
}: Pick<Recipe, 'training'>): Omit<FineTuneRequest['hyperparameters'], 'seed'> {
  const { n_epochs, batch_size, learning_rate_multiplier, dropout, method } = training
  const { lora_rank, lora_alpha, lora_targets } = training
  return {
    nEpochs: n_epochs,
    batchSize: batch_size,
    learningRateMultiplier: learning_rate_multiplier,
    ...(dropout !== undefined && { dropout }),
    ...(method !== undefined && { method }),
    ...(lora_rank !== undefined && { loraRank: lora_rank }),
    ...(lora_alpha !== undefined && { loraAlpha: lora_alpha }),
    ...(lora_targets !== undefined && { loraTargets: lora_targets }),
  }
}
