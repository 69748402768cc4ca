import type { DeviceOptions } from '../../engine/device.ts'
import { DEFAULT_DROPOUT } from '../../engine/dropout.ts'
import { countParameters, SIZES } from '../../engine/sizes.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import { sha256File } from '../../support/files.ts'
import { formatDecimals } from '../../support/numbers.ts'
import { thisProcess } from '../../support/process-identity.ts'
import { newRunId } from '../../tracking/run-id.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { followRun } from '../follow-run.ts'
import type { FineTuneEstimate, FineTuneRequest, TrainableModel, TrainingProvider } from '../provider.ts'
import { hasEnded } from '../run-status.ts'
import { readTexts } from '../texts.ts'
import { estimateLocalTraining } from './estimate.ts'
import { localSize, trainingSettings } from './settings.ts'
import { trainRun } from './train-run.ts'

export interface LocalProviderOptions extends DeviceOptions {
  store: RunStore
  toolVersion: string
  /** Steps between two checkpoints. */
  checkpointEvery?: number | undefined
  now?: (() => Date) | undefined
}

/** Vocabulary of a data set of experiment 1, for the number of parameters. */
const USUAL_VOCABULARY = 2400

/** Fine-tuning on this machine: the embedded engine trains a small model from nothing. */
export class LocalProvider implements TrainingProvider {
  readonly name = 'local'
  readonly runs = 'here'
  readonly #options: LocalProviderOptions & { now: () => Date }

  constructor({ now = () => new Date(), ...options }: LocalProviderOptions) {
    this.#options = { ...options, now }
  }

  async models(): Promise<TrainableModel[]> {
    return Object.entries(SIZES).map(([name, size]) => {
      const config = { ...size, vocabulary: USUAL_VOCABULARY, positions: 0, ropeTheta: 0, epsilon: 0 }
      const millions = formatDecimals(countParameters(config) / 1e6, 1)
      return { name, description: `${size.layers} layers, width ${size.width}, ${millions} M parameters` }
    })
  }

  async estimate(request: FineTuneRequest): Promise<FineTuneEstimate> {
    const { model } = request
    const hyperparameters = this.hyperparametersOf(request)
    const settings = trainingSettings(
      { model, hyperparameters },
      await readTexts(request.dataset.trainingFile),
    )
    const earlier = (await this.#options.store.list({ onDamaged: () => {} })).filter(
      (run) => run.provider === this.name && run.model === model,
    )
    return estimateLocalTraining(settings, earlier)
  }

  hyperparametersOf({ hyperparameters }: FineTuneRequest): RunRecord['hyperparameters'] {
    const { nEpochs, batchSize, learningRateMultiplier, dropout = DEFAULT_DROPOUT, seed } = hyperparameters
    return {
      n_epochs: nEpochs,
      batch_size: batchSize,
      learning_rate_multiplier: learningRateMultiplier,
      dropout,
      seed,
    }
  }

  async create(request: FineTuneRequest): Promise<RunRecord> {
    const { store, toolVersion, now } = this.#options
    localSize(request.model)
    const { model, dataset, hyperparameters, suffix, label, tags = [] } = request
    const { name, directory, trainingFile, validationFile, heldOut } = dataset
    const examples = (await readTexts(trainingFile)).length
    const run: RunRecord = {
      id: newRunId(),
      provider: this.name,
      model,
      hyperparameters: this.hyperparametersOf(request),
      ...(suffix !== undefined && { suffix }),
      ...(label !== undefined && { label }),
      dataset: {
        name,
        ...(directory !== undefined && { directory }),
        training_file: trainingFile,
        training_sha256: await sha256File(trainingFile),
        n_train: examples,
        ...(validationFile !== undefined && {
          validation_file: validationFile,
          validation_sha256: await sha256File(validationFile),
          n_valid: (await readTexts(validationFile)).length,
        }),
        ...(heldOut && { held_out: heldOut }),
      },
      status: 'pending',
      tags: [...tags],
      created_at: now().toISOString(),
      progress: {
        step: 0,
        total_steps: Math.ceil(examples / hyperparameters.batchSize) * hyperparameters.nEpochs,
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
   * Mark a run as cancelled. Its process, wherever it is, sees that within a second and stops. It is sent no signal: one
   * would reach whoever has its pid by now, or end other runs that the process has still to train.
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
