import type { DeviceOptions } from '../../engine/device.ts'
import { DEFAULT_DROPOUT } from '../../engine/dropout.ts'
import { countParameters, SIZES } from '../../engine/sizes.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { InputError } from '../../support/errors.ts'
import { sha256File } from '../../support/files.ts'
import { formatDecimals } from '../../support/numbers.ts'
import { thisProcess } from '../../support/process-identity.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import type { FineTuneEstimate, FineTuneProvider, FineTuneRequest, TrainableModel } from '../provider.ts'
import { newRunId } from '../run-id.ts'
import { hasEnded } from '../run-status.ts'
import { estimateLocalTraining } from './estimate.ts'
import { followLocalRun } from './follow.ts'
import { localSize, trainingSettings } from './settings.ts'
import { readTexts } from './texts.ts'
import { trainRun } from './train-run.ts'

export interface LocalProviderOptions extends DeviceOptions {
  store: RunStore
  toolVersion: string
  /** Steps between two checkpoints. */
  checkpointEvery?: number | undefined
  now?: () => Date
}

/** Vocabulary of a data set of experiment 1, for the number of parameters. */
const USUAL_VOCABULARY = 2400

/** Fine-tuning on this machine: the embedded engine trains a small model from nothing. */
export class LocalProvider implements FineTuneProvider {
  readonly name = 'local'
  readonly #options: LocalProviderOptions & { now: () => Date }

  constructor(options: LocalProviderOptions) {
    this.#options = { now: () => new Date(), ...options }
  }

  async models(): Promise<TrainableModel[]> {
    return Object.entries(SIZES).map(([name, size]) => {
      const config = { ...size, vocabulary: USUAL_VOCABULARY, positions: 0, ropeTheta: 0, epsilon: 0 }
      const millions = formatDecimals(countParameters(config) / 1e6, 1)
      return { name, description: `${size.layers} layers, width ${size.width}, ${millions} M parameters` }
    })
  }

  async estimate(request: FineTuneRequest): Promise<FineTuneEstimate> {
    const settings = trainingSettings(asRecord(request), await readTexts(request.dataset.trainingFile))
    const earlier = (await this.#options.store.list({ onDamaged: () => {} })).filter(
      ({ provider, model }) => provider === 'local' && model === request.model,
    )
    return estimateLocalTraining(settings, earlier)
  }

  async create(request: FineTuneRequest): Promise<RunRecord> {
    const { store, toolVersion, now } = this.#options
    localSize(request.model)
    const { dataset, hyperparameters, suffix, label, tags = [] } = request
    const { name, directory, trainingFile, validationFile, heldOut } = dataset
    const examples = (await readTexts(trainingFile)).length
    const run: RunRecord = {
      ...asRecord(request),
      id: newRunId(),
      provider: 'local',
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
    return followLocalRun(this.#options.store, run, signal)
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

function asRecord({ model, hyperparameters }: FineTuneRequest): Pick<RunRecord, 'model' | 'hyperparameters'> {
  const { nEpochs, batchSize, learningRateMultiplier, dropout = DEFAULT_DROPOUT, seed } = hyperparameters
  return {
    model,
    hyperparameters: {
      n_epochs: nEpochs,
      batch_size: batchSize,
      learning_rate_multiplier: learningRateMultiplier,
      dropout,
      seed,
    },
  }
}
