import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { collating } from './collating.ts'
import type { DeviceOptions } from './device.ts'
import { isModel, saveModel } from './model-files.ts'
import type { TrainingLoop, TrainingProgress } from './training-loop.ts'
import { runTraining } from './training-loop.ts'
import type { TrainingSettings } from './training-plan.ts'
import { encodeTexts, prepareTraining } from './training-plan.ts'
import { TrainingStep } from './training-step.ts'
import { initialWeights, weightsOf } from './weights.ts'

export type { TrainingProgress } from './training-loop.ts'

export interface TrainOptions extends TrainingSettings, DeviceOptions {
  /** Holds `checkpoints/` and, at the end, `model/`. */
  directory: string
  /** Their loss is measured at the end of each epoch. */
  validationTexts?: readonly string[]
  /** Steps between two checkpoints. */
  checkpointEvery?: number | undefined
  signal?: AbortSignal
}

/**
 * Trains a model and yields after every step. If `directory` has checkpoints, the training resumes from the newest
 * intact one and reaches the same weights as if it had never stopped; if it has the finished model, nothing is done.
 * Throws InterruptedError, after saving a checkpoint, when `signal` aborts; InputError CHECKPOINT_MISMATCH if the
 * checkpoint has other settings or texts; ReversalError TRAINING_DIVERGED, CHECKPOINT_CORRUPT.
 */
export async function* trainModel(options: TrainOptions): AsyncGenerator<TrainingProgress, void> {
  const {
    directory,
    validationTexts = [],
    checkpointEvery = 200,
    signal,
    device,
    threads,
    ...settings
  } = options
  const modelDirectory = join(directory, 'model')
  if (await isModel(modelDirectory)) return
  const training = await prepareTraining(settings)
  const { config, tokenizer, sequences, counted, steps, stepsPerEpoch, peakRate, fingerprint } = training
  const { batchSize, seed, dropout } = settings
  const loop: TrainingLoop = {
    ...{ directory, sequences, steps, stepsPerEpoch, peakRate, fingerprint, checkpointEvery, signal },
    ...{ batchSize, seed },
    collate: collating(config, { seed }),
    counted,
    vocabulary: config.vocabulary,
    validation: encodeTexts(tokenizer, validationTexts),
    create: (state) =>
      TrainingStep.create(config, state ?? initialWeights(config, seed), {
        ...{ device, threads },
        ...(dropout && { dropout: { rate: dropout, seed } }),
      }),
  }
  yield* runTraining(loop, async (state) => {
    await saveModel(modelDirectory, { config, tokenizer, weights: weightsOf(config, state) })
    await rm(join(directory, 'checkpoints'), { recursive: true, force: true })
  })
}
