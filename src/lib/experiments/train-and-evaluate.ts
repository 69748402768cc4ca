import { join } from 'node:path'
import { TRAINING_FILE, VALIDATION_FILE } from '../datasets/find-dataset.ts'
import type { WrittenDataset } from '../datasets/write-dataset.ts'
import type { DeviceOptions } from '../engine/device.ts'
import type { Evaluator } from '../evaluation/evaluator.ts'
import type { EvaluationProgress, EvaluationResult } from '../evaluation/run-evaluation.ts'
import { runEvaluation } from '../evaluation/run-evaluation.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import { openTrainingProvider } from '../finetuning/open-provider.ts'
import type { FineTuneRequest } from '../finetuning/provider.ts'
import { openModel } from '../models/open-model.ts'
import type { RunEvent, RunRecord } from '../schemas/run.ts'
import type { RunStore } from '../tracking/run-store.ts'
import { trainOnce } from './train-once.ts'

/** What every reproduction is told. */
export interface ReproductionOptions extends DeviceOptions {
  cwd: string
  store: RunStore
  /** One of the local sizes. */
  model: string
  /** Draws the facts and starts the weights. */
  seed: number
  /** A small data set that shows the curse in seconds. */
  quick: boolean
  /** Train and evaluate again, also what is there. */
  fresh: boolean
  toolVersion: string
  signal: AbortSignal
  onTraining?: ((run: RunRecord, event: RunEvent) => unknown) | undefined
  onEvaluation?: ((progress: EvaluationProgress) => unknown) | undefined
}

/** Where a part of a reproduction lies, and whether it was there before. */
export interface Part {
  directory: string
  reused: boolean
}

export interface TrainedAndEvaluated {
  evaluation: EvaluationResult
  dataset: Part & { name: string }
  run: Part & { id: string }
}

/** Train a local model on a data set and evaluate it there, or give back what an earlier time made. */
export async function trainAndEvaluate(
  options: ReproductionOptions & {
    dataset: WrittenDataset
    evaluator: Evaluator
    /** Score all candidate answers, too. */
    rankAll?: boolean
    hyperparameters: Omit<FineTuneRequest['hyperparameters'], 'seed'>
  },
): Promise<TrainedAndEvaluated> {
  const { store, model, seed, dataset, evaluator, rankAll, toolVersion, fresh, signal } = options
  const { device, threads } = options
  const { directory } = dataset
  const { providers, models } = builtInExtensions()
  const provider = await openTrainingProvider(providers, undefined, { store, toolVersion, device, threads })
  const { run, reused } = await trainOnce({
    ...{ store, provider, toolVersion, fresh, signal },
    request: {
      model,
      dataset: {
        name: dataset.name,
        directory,
        trainingFile: join(directory, TRAINING_FILE),
        validationFile: join(directory, VALIDATION_FILE),
      },
      hyperparameters: { ...options.hyperparameters, seed },
      tags: ['reproduce'],
    },
    onEvent: options.onTraining,
  })
  const runDirectory = store.directory(run.id)
  const languageModel = await openModel(
    providers.get(run.provider).entry.modelOf(run, { directory: runDirectory }),
    { models, device, threads },
  )
  try {
    const evaluation = await runEvaluation({
      ...{ model: languageModel, evaluator, rankAll, plugin: 'reversal', toolVersion, fresh, signal },
      datasetDirectory: directory,
      directory: store.evaluationsDirectory(run.id),
      runId: run.id,
      onProgress: options.onEvaluation,
    })
    return {
      evaluation,
      dataset: { name: dataset.name, directory, reused: dataset.unchanged },
      run: { id: run.id, directory: runDirectory, reused },
    }
  } finally {
    await languageModel.close()
  }
}
