import { resolve } from 'node:path'
import { budgetTokens } from '../../engine/budget.ts'
import type { DeviceOptions } from '../../engine/device.ts'
import { defaultDropout } from '../../engine/dropout.ts'
import { DEFAULT_LOSS } from '../../engine/loss-mask.ts'
import { DEFAULT_OBJECTIVE } from '../../engine/objectives.ts'
import { planFineTuning } from '../../engine/pretrained/fine-tune.ts'
import type { DownloadProgress } from '../../engine/pretrained/hub/download.ts'
import { HUB_PREFIX } from '../../engine/pretrained/hub/repository.ts'
import type { ReadHubSettings } from '../../engine/pretrained/hub/settings.ts'
import { namesPretrained } from '../../engine/pretrained/names-pretrained.ts'
import { describePretrained } from '../../engine/pretrained/read-pretrained.ts'
import { countParameters, SIZES } from '../../engine/sizes.ts'
import { planTraining } from '../../engine/training-plan.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import { exists } from '../../support/files.ts'
import { formatDecimals, plural } from '../../support/numbers.ts'
import { thisProcess } from '../../support/process-identity.ts'
import { newRunId } from '../../tracking/run-id.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { datasetRecord } from '../dataset-record.ts'
import { followRun } from '../follow-run.ts'
import type { FineTuneEstimate, FineTuneRequest, TrainableModel, TrainingProvider } from '../provider.ts'
import { hasEnded } from '../run-status.ts'
import { readTexts } from '../texts.ts'
import { estimateLocalTraining } from './estimate.ts'
import { readLossParts } from './loss-parts.ts'
import { estimateFineTuning, fineTuneSettings, locateBase } from './pretrained.ts'
import { pretrainedHyperparameters, refusePretrainedSettings } from './pretrained-hyperparameters.ts'
import { pretrainedModels } from './pretrained-models.ts'
import { localSize, recordedExtent, trainingSettings } from './settings.ts'
import { trainRun } from './train-run.ts'

export interface LocalProviderOptions extends DeviceOptions {
  store: RunStore
  hub?: ReadHubSettings | undefined
  onFetching?: ((progress: DownloadProgress) => void) | undefined
  toolVersion: string
  /** Steps between two checkpoints. */
  checkpointEvery?: number | undefined
  now?: (() => Date) | undefined
}

/** Vocabulary of a data set of experiment 1, for the number of parameters. */
const USUAL_VOCABULARY = 2400

/**
 * Fine-tuning on this machine: the embedded engine trains a small model from scratch, or fine-tunes a
 * pretrained one.
 */
export class LocalProvider implements TrainingProvider {
  readonly name = 'local'
  readonly runs = 'here'
  readonly #options: LocalProviderOptions & { now: () => Date }

  constructor({ now = () => new Date(), ...options }: LocalProviderOptions) {
    this.#options = { ...options, now }
  }

  async models(): Promise<TrainableModel[]> {
    const own = Object.entries(SIZES).map(([name, size]) => {
      const config = { ...size, vocabulary: USUAL_VOCABULARY, positions: 0, ropeTheta: 0, epsilon: 0 }
      const millions = formatDecimals(countParameters(config) / 1e6, 1)
      return {
        name,
        description: `${plural(size.layers, 'layer')}, width ${size.width}, ${millions} M parameters`,
      }
    })
    return [...own, ...(await pretrainedModels(this.#options.hub))]
  }

  async estimate(request: FineTuneRequest): Promise<FineTuneEstimate> {
    const { model } = request
    const { trainingFile, validationFile } = request.dataset
    const hyperparameters = this.hyperparametersOf(request)
    const texts = await readTexts(trainingFile)
    const lossParts = await readLossParts({ hyperparameters, dataset: request.dataset })
    const earlier = (await this.#options.store.list({ onDamaged: () => {} })).filter(
      (run) =>
        run.provider === this.name &&
        run.model === model &&
        run.hyperparameters.method === hyperparameters.method &&
        run.hyperparameters.objective === hyperparameters.objective,
    )
    if (!namesPretrained(model)) {
      return estimateLocalTraining(trainingSettings({ model, hyperparameters }, texts, lossParts), earlier)
    }
    const { path } = await locateBase(model, this.#options)
    const settings = fineTuneSettings({ model, hyperparameters }, { path, texts, lossParts })
    const validationTexts = validationFile === undefined ? [] : await readTexts(validationFile)
    return estimateFineTuning(settings, { earlier, validationTexts })
  }

  /** A pretrained model by its full path or commit, including a file whose name is not that of a local model. */
  async nameModel(name: string, { cwd, signal }: { cwd: string; signal: AbortSignal }): Promise<string> {
    const isFile = !Object.hasOwn(SIZES, name) && (await exists(resolve(cwd, name)))
    if (!namesPretrained(name) && !isFile) return name
    const { path, base } = await locateBase(name, { ...this.#options, cwd, signal })
    // Requests that cannot be trained are refused before anything is created.
    await describePretrained(path)
    return name.startsWith(HUB_PREFIX) ? `${HUB_PREFIX}${base.name}@${base.revision}` : path
  }

  /**
   * Counted by the tokens of one pass, so that runs that differ only in their seed are recorded with the same epochs.
   */
  async epochsWithin(request: FineTuneRequest): Promise<number> {
    const { model } = request
    const hyperparameters = this.hyperparametersOf(request)
    const texts = await readTexts(request.dataset.trainingFile)
    const settings = namesPretrained(model)
      ? fineTuneSettings(
          { model, hyperparameters },
          { path: (await locateBase(model, this.#options)).path, texts },
        )
      : trainingSettings({ model, hyperparameters }, texts)
    const plan = 'path' in settings ? await planFineTuning(settings) : await planTraining(settings)
    return Math.max(1, Math.round((budgetTokens(settings.budget!, plan) / plan.tokensPerEpoch) * 1e4)) / 1e4
  }

  hyperparametersOf({ model, hyperparameters }: FineTuneRequest): RunRecord['hyperparameters'] {
    if (namesPretrained(model)) return pretrainedHyperparameters(hyperparameters)
    refusePretrainedSettings(model, hyperparameters)
    const { nEpochs, batchSize, learningRateMultiplier, seed } = hyperparameters
    const { objective = DEFAULT_OBJECTIVE, loss = DEFAULT_LOSS } = hyperparameters
    const { dropout = defaultDropout(objective) } = hyperparameters
    if (objective !== DEFAULT_OBJECTIVE && loss !== DEFAULT_LOSS) {
      throw new InputError(`--objective ${objective} learns all of each text: leave out --loss ${loss}.`, {
        code: 'WRONG_SETTING',
      })
    }
    return {
      n_epochs: nEpochs,
      batch_size: batchSize,
      learning_rate_multiplier: learningRateMultiplier,
      dropout,
      // Runs of the usual objective are recorded as they always were, and stay the same experiment.
      ...(objective !== DEFAULT_OBJECTIVE && { objective }),
      ...recordedExtent(hyperparameters),
      seed,
    }
  }

  async create(request: FineTuneRequest): Promise<RunRecord> {
    const { store, toolVersion, now } = this.#options
    if (!namesPretrained(request.model)) localSize(request.model)
    const { model, dataset, hyperparameters, suffix, label, tags = [] } = request
    const { trainingFile, validationFile } = dataset
    const examples = (await readTexts(trainingFile)).length
    const validation = validationFile === undefined ? 0 : (await readTexts(validationFile)).length
    const run: RunRecord = {
      id: newRunId(),
      provider: this.name,
      model,
      hyperparameters: this.hyperparametersOf(request),
      ...(suffix !== undefined && { suffix }),
      ...(label !== undefined && { label }),
      dataset: await datasetRecord(dataset, { training: examples, validation }),
      status: 'pending',
      tags: [...tags],
      created_at: now().toISOString(),
      progress: {
        step: 0,
        total_steps: Math.round(Math.ceil(examples / hyperparameters.batchSize) * hyperparameters.nEpochs),
      },
      cost_usd: 0,
      process: thisProcess(),
      tool_version: toolVersion,
    }
    await store.save(run)
    return run
  }

  train(run: RunRecord, { signal }: { signal: AbortSignal }): AsyncIterable<RunEvent> {
    return trainRun(run, { ...this.#options, signal })
  }

  follow(run: RunRecord, { signal }: { signal: AbortSignal }): AsyncIterable<RunEvent> {
    return followRun(this.#options.store, run, signal)
  }

  /**
   * Marks a run as cancelled. Its process, wherever it is, sees that within a second and stops. It is sent no
   * signal: that could hit another process that has reused its pid, or end the process's other runs.
   */
  async cancel({ id }: RunRecord): Promise<RunRecord> {
    const { store, now } = this.#options
    const before = await store.get(id)
    if (hasEnded(before)) {
      throw new InputError(`The run ${id} has ended (${before.status}): there is nothing to cancel.`, {
        code: 'RUN_ENDED',
      })
    }
    return store.update(id, ({ process: _process, ...run }) => ({
      ...run,
      status: 'cancelled',
      finished_at: now().toISOString(),
    }))
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
