import { PAPER_FIGURE_7 } from '../evaluation/paper.ts'
import type { FineTuneOptions } from '../finetuning/fine-tune-requests.ts'
import { epochsFor, fineTuneRequests } from '../finetuning/fine-tune-requests.ts'
import type { FineTuneRequest } from '../finetuning/provider.ts'

/** What a sweep varies; it makes a run for every combination. */
export interface SweepGrid {
  models: readonly string[]
  learningRateMultipliers: readonly number[]
  batchSizes: readonly number[]
  nEpochs: readonly number[]
  seeds: readonly number[]
}

/** How every run of a sweep is trained. */
type TrainingManner = Pick<
  FineTuneRequest['hyperparameters'],
  'method' | 'loraRank' | 'loraAlpha' | 'loraTargets'
>

const ONE_RUN: SweepGrid = {
  models: ['ada'],
  learningRateMultipliers: [0.2],
  batchSizes: [16],
  nEpochs: [10],
  seeds: [42],
}

/** The grids of the paper, with the local models in place of its sizes of GPT-3. */
export const SWEEP_PRESETS = {
  /** Learning-rate multipliers and batch sizes (appendix B.4). */
  figure7: {
    ...ONE_RUN,
    learningRateMultipliers: PAPER_FIGURE_7.learningRateMultipliers,
    batchSizes: PAPER_FIGURE_7.batchSizes,
  },
  /** Every size with three seeds (appendix B.5). */
  figure4: { ...ONE_RUN, models: ['ada', 'babbage', 'curie', 'davinci'], seeds: [42, 43, 44] },
} as const satisfies Record<string, SweepGrid>

export type SweepPreset = keyof typeof SWEEP_PRESETS

/** A grid: what is given, each value once, and for the rest the preset's values or those of `finetune:start`. */
export function sweepGrid(
  given: { [Key in keyof SweepGrid]: SweepGrid[Key] | undefined },
  preset?: SweepPreset,
): SweepGrid {
  const chosen = Object.fromEntries(
    Object.entries(given).flatMap(([name, values]) =>
      values === undefined ? [] : [[name, [...new Set<string | number>(values)]]],
    ),
  )
  return { ...(preset === undefined ? ONE_RUN : SWEEP_PRESETS[preset]), ...chosen }
}

/**
 * A request for every combination, those of one model after another. Throws InputError where a file is not there. Where
 * epochs are not given, all runs get the same number, enough steps for the largest batches: a sweep varies one thing.
 */
export async function sweepRequests({
  grid,
  epochsGiven,
  manner = {},
  ...options
}: { grid: SweepGrid; epochsGiven: boolean; manner?: TrainingManner } & Omit<
  FineTuneOptions,
  'model' | 'hyperparameters' | 'finetunes'
>): Promise<FineTuneRequest[]> {
  const requests: FineTuneRequest[] = []
  for (const model of grid.models)
    for (const nEpochs of grid.nEpochs)
      for (const learningRateMultiplier of grid.learningRateMultipliers)
        for (const batchSize of grid.batchSizes)
          for (const seed of grid.seeds) {
            const hyperparameters = { ...manner, nEpochs, learningRateMultiplier, batchSize, seed }
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
