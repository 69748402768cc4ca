import { join } from 'node:path'
import type { FoundDataset } from '../datasets/find-dataset.ts'
import { TRAINING_FILE } from '../datasets/find-dataset.ts'
import type { DeviceOptions } from '../engine/device.ts'
import type { OpenedEvaluator } from '../evaluation/open-evaluator.ts'
import type { EvaluationResult } from '../evaluation/run-evaluation.ts'
import { runEvaluation } from '../evaluation/run-evaluation.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import { openTrainingProvider } from '../finetuning/open-provider.ts'
import type { FineTuneRequest } from '../finetuning/provider.ts'
import { openModel } from '../models/open-model.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { ReproductionEvent, Stage, Tell } from './reproduction-event.ts'
import { trainOnce } from './train-once.ts'

/** What the reproduction of an experiment with one seed is told. */
export interface ReproductionOptions extends DeviceOptions {
  cwd: string
  store: RunStore
  /** One of the local sizes. */
  model: string
  /** Draws the facts and starts the weights. */
  seed: number
  /** Train and evaluate again, also what is there. */
  fresh: boolean
  toolVersion: string
  signal: AbortSignal
  onStage: Tell<{ stage: Stage; subject?: string }>
  onEvent: Tell<ReproductionEvent>
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

/** The data set to train on; its files are absolute. */
export type ChosenDataset = Pick<FoundDataset, 'name' | 'directory' | 'validationFile'> & { reused: boolean }

/** Train a local model on a data set and evaluate it there, or give back what an earlier time made. */
export async function trainAndEvaluate(
  options: ReproductionOptions & {
    dataset: ChosenDataset
    /** Told with each stage. */
    subject?: string
    asking: OpenedEvaluator
    /** Score all candidate answers, too. */
    rankAll?: boolean
    hyperparameters: Omit<FineTuneRequest['hyperparameters'], 'seed'>
  },
): Promise<TrainedAndEvaluated> {
  const { store, model, seed, dataset, subject, asking, rankAll, toolVersion, fresh, signal } = options
  const { device, threads, onStage, onEvent } = options
  const { name, directory, validationFile, reused: datasetReused } = dataset
  await onStage({ stage: 'training', ...(subject !== undefined && { subject }) })
  const { providers, models } = builtInExtensions()
  const provider = await openTrainingProvider(providers, undefined, { store, toolVersion, device, threads })
  const { run, reused } = await trainOnce({
    ...{ store, provider, toolVersion, fresh, signal },
    request: {
      model,
      dataset: {
        ...{ name, directory, trainingFile: join(directory, TRAINING_FILE) },
        ...(validationFile !== undefined && { validationFile }),
      },
      hyperparameters: { ...options.hyperparameters, seed },
      tags: ['reproduce'],
    },
    onEvent: (own, event) => onEvent({ type: 'training', run: own, event }),
  })
  await onStage({ stage: 'evaluation', ...(subject !== undefined && { subject }) })
  const runDirectory = store.directory(run.id)
  const languageModel = await openModel(
    providers.get(run.provider).entry.modelOf(run, { directory: runDirectory }),
    { models, device, threads },
  )
  try {
    const evaluation = await runEvaluation({
      ...{ model: languageModel, rankAll, toolVersion, fresh, signal },
      ...{ evaluator: asking.evaluator, plugin: asking.plugin },
      datasetDirectory: directory,
      directory: store.evaluationsDirectory(run.id),
      runId: run.id,
      onProgress: (progress) => onEvent({ type: 'evaluating', ...progress }),
    })
    return {
      evaluation,
      dataset: { name, directory, reused: datasetReused },
      run: { id: run.id, directory: runDirectory, reused },
    }
  } finally {
    await languageModel.close()
  }
}
