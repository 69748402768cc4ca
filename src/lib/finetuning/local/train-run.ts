import { join } from 'node:path'
import type { DeviceOptions } from '../../engine/device.ts'
import type { FineTuningOptions } from '../../engine/pretrained/fine-tune.ts'
import { fineTuneModel } from '../../engine/pretrained/fine-tune.ts'
import { namesPretrained } from '../../engine/pretrained/names-pretrained.ts'
import type { TrainingProgress } from '../../engine/trainer.ts'
import { trainModel } from '../../engine/trainer.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { describeMachineFault, InputError, InterruptedError, ReversalError } from '../../support/errors.ts'
import { acquireLock } from '../../support/lock.ts'
import { thisProcess } from '../../support/process-identity.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { readTexts } from '../texts.ts'
import { refuseChangedFile } from '../unchanged-file.ts'
import { localModelName } from './local-descriptor.ts'
import { readLossParts } from './loss-parts.ts'
import type { BaseModelOptions } from './pretrained.ts'
import { fineTuneSettings, locateBase } from './pretrained.ts'
import { trainingSettings } from './settings.ts'

/** How often events and progress are written to disk and a request to stop is checked. */
const FLUSH_MS = 1000

export interface TrainRunOptions extends DeviceOptions, Pick<BaseModelOptions, 'hub' | 'onFetching'> {
  store: RunStore
  /** Steps between two checkpoints. */
  checkpointEvery?: number | undefined
  signal: AbortSignal
  now: () => Date
}

/**
 * Trains a run in this process, from the start or from its last checkpoint, and yields its events. Throws
 * InterruptedError after saving if `signal` aborts, ReversalError RUN_CANCELLED if the run is cancelled, InputError
 * LOCKED if another process trains it, ReversalError LOCK_LOST if another process has taken over because this one was
 * silent for too long.
 */
export async function* trainRun(run: RunRecord, options: TrainRunOptions): AsyncGenerator<RunEvent> {
  const { store, signal, now } = options
  const { id } = run
  await using lock = await acquireLock(join(store.directory(id), 'train.lock'))
  refuseEnded(await store.get(id))
  await refuseChangedFile(run)

  const cancelled = new AbortController()
  const journal = new EventJournal(id, store, now, cancelled)
  await recordStart(id, options)
  yield await journal.status('running')
  let last: TrainingProgress | undefined
  try {
    const training = await startTraining(run, {
      ...options,
      signal: AbortSignal.any([signal, cancelled.signal, lock.lost]),
    })
    for await (const progress of training) {
      last = progress
      for (const event of await journal.progress(progress)) yield event
    }
    await journal.flush(last)
    await recordSuccess(run, last, options)
    yield await journal.status('succeeded')
  } catch (error) {
    if (lock.lost.aborted) throw takenOver(id)
    await journal.flush(last)
    if (cancelled.signal.aborted) throw cancelledByUser(id)
    await journal.status(await recordFailure(id, error as Error, options))
    if (!(error instanceof InterruptedError)) throw error
    throw new InterruptedError(error.message, { suggestions: [`resume: reversal finetune:resume ${id}`] })
  }
}

async function startTraining(
  run: RunRecord,
  { store, signal, checkpointEvery, device, threads, hub, onFetching }: TrainRunOptions,
): Promise<AsyncIterable<TrainingProgress>> {
  const { training_file: trainingFile, validation_file: validationFile, directory: dataset } = run.dataset
  const texts = await readTexts(trainingFile)
  const lossParts = await readLossParts({ ...run, dataset: { trainingFile, directory: dataset } })
  const shared = {
    ...(validationFile !== undefined && { validationTexts: await readTexts(validationFile) }),
    ...{ device, threads, directory: store.directory(run.id), checkpointEvery, signal },
  }
  return namesPretrained(run.model)
    ? trainPretrained(run, { ...shared, texts, lossParts, hub, onFetching })
    : trainModel({ ...trainingSettings(run, texts, lossParts), ...shared })
}

async function recordStart(id: string, { store, now }: TrainRunOptions): Promise<void> {
  await store.update(id, ({ finished_at: _earlier, error: _failure, ...current }) => {
    refuseEnded(current)
    return {
      ...current,
      status: 'running',
      started_at: current.started_at ?? now().toISOString(),
      process: thisProcess(),
    }
  })
}

async function recordSuccess(
  run: RunRecord,
  last: TrainingProgress | undefined,
  { store, now }: TrainRunOptions,
): Promise<void> {
  await store.update(run.id, (current) => {
    if (current.status === 'cancelled') throw cancelledByUser(run.id)
    return {
      ...withoutProcess(current),
      status: 'succeeded',
      fine_tuned_model: localModelName(run),
      finished_at: now().toISOString(),
      trained_tokens: last?.tokens ?? current.progress?.tokens ?? 0,
    }
  })
}

/** Records a failure or an interruption, and returns the run's status. */
async function recordFailure(
  id: string,
  error: Error,
  { store, now }: TrainRunOptions,
): Promise<'interrupted' | 'failed'> {
  const interrupted = error instanceof InterruptedError
  // A full disk is no fault of the run: it goes on from its last checkpoint, as after Ctrl-C.
  const fault = describeMachineFault(error)
  const status = interrupted || fault !== undefined ? 'interrupted' : 'failed'
  await store.update(id, (current) => {
    if (current.status === 'cancelled') throw cancelledByUser(id)
    return {
      ...withoutProcess(current),
      status,
      ...(!interrupted && { error: (fault ?? error).message }),
      ...(status === 'failed' && { finished_at: now().toISOString() }),
    }
  })
  return status
}

async function* trainPretrained(
  run: RunRecord,
  {
    hub,
    onFetching,
    texts,
    lossParts,
    ...options
  }: Omit<FineTuningOptions, 'path' | 'nEpochs' | 'batchSize' | 'learningRateMultiplier' | 'seed'> &
    BaseModelOptions,
): AsyncGenerator<TrainingProgress> {
  const { path, base } = await locateBase(run.model, { hub, onFetching, signal: options.signal })
  yield* fineTuneModel({ ...fineTuneSettings(run, { path, texts, lossParts }), ...options, base })
}

/** Gathers events and writes them, with the run's progress, once in a while. */
class EventJournal {
  readonly #id: string
  readonly #store: RunStore
  readonly #now: () => Date
  readonly #cancelled: AbortController
  #pending: RunEvent[] = []
  #flushed = Date.now()

  constructor(id: string, store: RunStore, now: () => Date, cancelled: AbortController) {
    this.#id = id
    this.#store = store
    this.#now = now
    this.#cancelled = cancelled
  }

  /** The events for a step. */
  async progress(progress: TrainingProgress): Promise<RunEvent[]> {
    const { step, loss, tokens, learningRate, tokensPerSecond, checkpoint, validationLoss } = progress
    const at = this.#now().toISOString()
    const events: RunEvent[] = [
      {
        at,
        type: 'step',
        step,
        loss,
        tokens,
        learning_rate: learningRate,
        tokens_per_second: tokensPerSecond,
      },
    ]
    if (validationLoss !== undefined) events.push({ at, type: 'validation', step, loss: validationLoss })
    if (checkpoint !== undefined) events.push({ at, type: 'checkpoint', step, message: checkpoint })
    this.#pending.push(...events)
    if (checkpoint !== undefined || Date.now() - this.#flushed >= FLUSH_MS) await this.flush(progress)
    return events
  }

  async status(status: string): Promise<RunEvent> {
    const event: RunEvent = { at: this.#now().toISOString(), type: 'status', message: status }
    await this.#store.log(this.#id, [event])
    return event
  }

  /** Writes the gathered events and checks whether the run was cancelled. */
  async flush(progress?: TrainingProgress): Promise<void> {
    const events = this.#pending
    this.#pending = []
    await this.#store.log(this.#id, events)
    const { status } = await this.#store.update(this.#id, (run) =>
      progress === undefined || run.status === 'cancelled' ? run : { ...run, progress: summarize(progress) },
    )
    if (status === 'cancelled') this.#cancelled.abort()
    this.#flushed = Date.now()
  }
}

function summarize({ step, steps, loss, tokens, tokensPerSecond }: TrainingProgress) {
  return { step, total_steps: steps, loss, tokens, tokens_per_second: tokensPerSecond }
}

function withoutProcess({ process: _process, ...run }: RunRecord): RunRecord {
  return run
}

function refuseEnded({ id, status }: RunRecord): void {
  if (status !== 'succeeded' && status !== 'cancelled') return
  const next =
    status === 'succeeded'
      ? `evaluate it: reversal eval:run ${id}`
      : 'start a new run: reversal finetune:start'
  throw new InputError(
    `The run ${id} ${status === 'succeeded' ? 'has' : 'was'} ${status}: there is nothing to resume.`,
    {
      code: 'RUN_ENDED',
      suggestions: [next],
    },
  )
}

function takenOver(id: string): ReversalError {
  return new ReversalError(`Another process has taken over the run ${id}.`, { code: 'LOCK_LOST' })
}

function cancelledByUser(id: string): ReversalError {
  return new ReversalError(`The run ${id} was cancelled.`, { code: 'RUN_CANCELLED' })
}
