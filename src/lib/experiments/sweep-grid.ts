import type { FineTuneOptions } from '../finetuning/fine-tune-requests.ts'
import { epochsFor, fineTuneRequests } from '../finetuning/fine-tune-requests.ts'
import type { FineTuneRequest } from '../finetuning/provider.ts'
import type { SweepRecipe } from '../schemas/sweep-recipe.ts'

/** The values that a sweep varies; it makes a run for every combination. */
export interface SweepGrid {
  models: readonly string[]
  learningRateMultipliers: readonly number[]
  batchSizes: readonly number[]
  nEpochs: readonly number[]
  seeds: readonly number[]
}

const ONE_RUN: SweepGrid = {
  models: ['ada'],
  learningRateMultipliers: [0.2],
  batchSizes: [16],
  nEpochs: [10],
  seeds: [42],
}

/** The recipes of the paper's grids, with the local models in place of its sizes of GPT-3. */
export const SWEEP_PRESETS = ['figure7', 'figure4'] as const

type PartialGrid = { [Key in keyof SweepGrid]: SweepGrid[Key] | undefined }

/**
 * The grid of the given values, each once, and otherwise of the recipe's values or the defaults of `finetune:start`.
 */
export function sweepGrid(given: PartialGrid, recipe?: SweepRecipe): SweepGrid {
  const { models, learning_rate_multipliers, batch_sizes, n_epochs, seeds } = recipe?.grid ?? {}
  return {
    ...ONE_RUN,
    ...chosen({
      ...{ models, learningRateMultipliers: learning_rate_multipliers },
      ...{ batchSizes: batch_sizes, nEpochs: n_epochs, seeds },
    }),
    ...chosen(given),
  }
}

function chosen(grid: PartialGrid): Partial<SweepGrid> {
  return Object.fromEntries(
    Object.entries(grid).flatMap(([name, values]) =>
      values === undefined ? [] : [[name, [...new Set<string | number>(values)]]],
    ),
  )
}

/**
 * A request for every combination, model by model. Throws InputError if a file does not exist. If no epochs are given,
 * all runs get the same number, enough steps for the largest batches: a sweep varies one thing.
 */
export async function sweepRequests({
  grid,
  epochsGiven,
  settings = {},
  ...options
}: {
  grid: SweepGrid
  epochsGiven: boolean
  /** Settings that all runs share, apart from the grid. */
  settings?: Pick<FineTuneRequest['hyperparameters'], 'method' | 'loraRank' | 'loraAlpha' | 'loraTargets'>
} & Omit<FineTuneOptions, 'model' | 'hyperparameters' | 'finetunes'>): Promise<FineTuneRequest[]> {
  const requests: FineTuneRequest[] = []
  for (const model of grid.models)
    for (const nEpochs of grid.nEpochs)
      for (const learningRateMultiplier of grid.learningRateMultipliers)
        for (const batchSize of grid.batchSizes)
          for (const seed of grid.seeds) {
            const hyperparameters = { ...settings, nEpochs, learningRateMultiplier, batchSize, seed }
            requests.push(...(await fineTuneRequests({ ...options, model, hyperparameters, finetunes: 1 })))
          }
  if (epochsGiven) return requests
  const { trainingFile } = requests[0]!.dataset
  const batchSize = Math.max(...grid.batchSizes)
  const { nEpochs, reason } = await epochsFor({
    ...options,
    model: requests[0]!.model,
    trainingFile,
    batchSize,
  })
  return requests.map((request) => ({
    ...request,
    hyperparameters: { ...request.hyperparameters, nEpochs },
    ...(reason !== undefined && { epochsReason: reason }),
  }))
}
