import { join } from 'node:path'
import type { FoundDataset } from '../datasets/find-dataset.ts'
import { TRAINING_FILE } from '../datasets/find-dataset.ts'
import type { DeviceOptions } from '../engine/device.ts'
import type { DownloadProgress } from '../engine/pretrained/hub/download.ts'
import type { ReadHubSettings } from '../engine/pretrained/hub/settings.ts'
import type { OpenedEvaluator } from '../evaluation/open-evaluator.ts'
import type { EvaluationResult } from '../evaluation/run-evaluation.ts'
import { runEvaluation } from '../evaluation/run-evaluation.ts'
import { builtInExtensions } from '../extensions/built-in.ts'
import { epochsWithinBudget, openTrainingProvider } from '../finetuning/open-provider.ts'
import type { FineTuneRequest, RepeatableProvider, TrainingProvider } from '../finetuning/provider.ts'
import { trainRuns } from '../finetuning/train-runs.ts'
import type { JobSettings } from '../models/model-client.ts'
import { openModel } from '../models/open-model.ts'
import type { RunEvent, RunRecord } from '../schemas/run.ts'
import { InputError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { ReproductionEvent, Stage, Tell } from './reproduction-event.ts'
import type { RepeatableJobProvider } from './train-by-job.ts'
import { epochsNearBudget, trainByJob } from './train-by-job.ts'
import type { TrainOnceOptions } from './train-once.ts'
import { trainOnce } from './train-once.ts'

/** Where a reproduction trains, if it is not on this machine. */
export interface Elsewhere {
  provider: RepeatableJobProvider
  /** Settings for models that run as jobs. */
  jobs: () => Promise<JobSettings>
}

/** Options for reproducing an experiment with one seed. */
export interface ReproductionOptions extends DeviceOptions {
  cwd: string
  store: RunStore
  /** One of the local sizes, or a pretrained model as runs are recorded with it. */
  model: string
  /** Settings of the Hugging Face Hub; only pretrained models need them. */
  hub?: ReadHubSettings | undefined
  /** Called with the progress of a download. */
  onFetching?: ((progress: DownloadProgress) => void) | undefined
  /** Trains in place of the embedded engine. */
  elsewhere?: Elsewhere | undefined
  /** Draws the facts and starts the weights. */
  seed: number
  /** Train and evaluate again, even if results exist. */
  fresh: boolean
  toolVersion: string
  signal: AbortSignal
  onStage: Tell<{ stage: Stage; subject?: string }>
  onEvent: Tell<ReproductionEvent>
}

/** Path of a part of a reproduction, and whether it existed before. */
export interface Part {
  directory: string
  reused: boolean
}

export interface TrainedAndEvaluated {
  evaluation: EvaluationResult
  dataset: Part & { name: string }
  run: Part & { id: string }
  /** The model that was trained, with its provider, such as `local/ada`. */
  trained: string
}

/** The data set to train on; its files are absolute. */
export type ChosenDataset = Pick<FoundDataset, 'name' | 'directory' | 'validationFile'> & { reused: boolean }

export interface TrainAndEvaluateOptions extends ReproductionOptions {
  dataset: ChosenDataset
  /** Passed on with each stage. */
  subject?: string
  /** The run's name in tables and figures. */
  label?: string
  asking: OpenedEvaluator
  /** Whether to score all candidate answers. */
  rankAll?: boolean
  hyperparameters: Omit<FineTuneRequest['hyperparameters'], 'seed'>
}

/** Trains a model on a data set and evaluates it, or returns the existing results. */
export async function trainAndEvaluate(options: TrainAndEvaluateOptions): Promise<TrainedAndEvaluated> {
  const { store, dataset, subject, onStage } = options
  const { name, directory } = dataset
  await onStage({ stage: 'training', ...(subject !== undefined && { subject }) })
  const { run, reused } = await train(requestFor(options), options)
  await onStage({ stage: 'evaluation', ...(subject !== undefined && { subject }) })
  return {
    evaluation: await evaluate(run, options),
    dataset: { name, directory, reused: dataset.reused },
    run: { id: run.id, directory: store.directory(run.id), reused },
    trained: `${run.provider}/${run.model}`,
  }
}

function requestFor({
  model,
  seed,
  label,
  hyperparameters,
  dataset: { name, directory, validationFile },
}: TrainAndEvaluateOptions): FineTuneRequest {
  return {
    model,
    dataset: {
      ...{ name, directory, trainingFile: join(directory, TRAINING_FILE) },
      ...(validationFile !== undefined && { validationFile }),
    },
    hyperparameters: { ...hyperparameters, seed },
    tags: ['reproduce'],
    ...(label !== undefined && { label }),
  }
}

async function evaluate(run: RunRecord, options: TrainAndEvaluateOptions): Promise<EvaluationResult> {
  const { store, dataset, asking, rankAll, toolVersion, fresh, signal, device, threads, hub } = options
  const { providers, models } = builtInExtensions()
  const model = await openModel(
    providers.get(run.provider).entry.modelOf(run, { directory: store.directory(run.id) }),
    { models, device, threads, hub, jobs: options.elsewhere?.jobs, signal },
  )
  try {
    return await runEvaluation({
      ...{ model, rankAll, toolVersion, fresh, signal },
      ...{ evaluator: asking.evaluator, plugin: asking.plugin },
      datasetDirectory: dataset.directory,
      directory: store.evaluationsDirectory(run.id),
      runId: run.id,
      onProgress: (progress) => options.onEvent({ type: 'evaluating', ...progress }),
    })
  } finally {
    await model.close()
  }
}

async function train(asked: FineTuneRequest, options: ReproductionOptions) {
  const { store, toolVersion, fresh, signal, elsewhere, onEvent } = options
  const onRunEvent = (run: RunRecord, event: RunEvent) => onEvent({ type: 'training', run, event })
  const once = (provider: RepeatableProvider, request: FineTuneRequest, work: TrainOnceOptions['train']) =>
    trainOnce({
      ...{ store, provider, toolVersion, fresh, request, train: work },
      onTrain: async () => {
        const { warnings } = await provider.estimate(request)
        for (const message of warnings) await onEvent({ type: 'warning', message })
      },
    })
  if (elsewhere !== undefined) {
    const { provider } = elsewhere
    return once(provider, await nearBudget(asked, provider), (run) =>
      trainByJob({ store, provider, run, signal, onEvent: onRunEvent }),
    )
  }
  const { device, threads, hub, onFetching } = options
  const provider = await openTrainingProvider(builtInExtensions().providers, undefined, {
    ...{ store, toolVersion, device, threads, hub, onFetching },
  })
  return once(provider, await withinBudget(asked, provider), async (run, own) => {
    const training = trainRuns({
      store,
      provider,
      runs: [run],
      fresh: own.fresh,
      signal,
      onEvent: onRunEvent,
    })
    for await (const { error } of training) if (error !== undefined) throw error
  })
}

/** Jobs train whole epochs: as many as come closest to the budget. */
async function nearBudget(
  request: FineTuneRequest,
  provider: RepeatableJobProvider,
): Promise<FineTuneRequest> {
  const { tokenBudget, ...hyperparameters } = request.hyperparameters
  if (tokenBudget === undefined) return request
  const nEpochs = await epochsNearBudget(provider, { ...request, hyperparameters }, tokenBudget)
  return { ...request, hyperparameters: { ...hyperparameters, nEpochs } }
}

/** A budget decides how many epochs a run is recorded with. */
async function withinBudget(request: FineTuneRequest, provider: TrainingProvider): Promise<FineTuneRequest> {
  const { hyperparameters } = request
  const { tokenBudget, computeBudget } = hyperparameters
  if (tokenBudget === undefined && computeBudget === undefined) return request
  const epochsWithin = epochsWithinBudget(provider)
  if (epochsWithin === undefined) {
    throw new InputError(`${provider.name} only trains by epochs: use --matched epochs.`, {
      code: 'BUDGET_UNSUPPORTED',
    })
  }
  const nEpochs = await epochsWithin({ ...request, hyperparameters: { ...hyperparameters, nEpochs: 1 } })
  return { ...request, hyperparameters: { ...hyperparameters, nEpochs } }
}
