import type { RunEvent, RunRecord } from '../schemas/run.ts'
import { InterruptedError, ReversalError } from '../support/errors.ts'
import { thisProcess } from '../support/process-identity.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { TrainingProvider } from './provider.ts'

export interface TrainRunsOptions {
  store: RunStore
  provider: TrainingProvider
  runs: readonly RunRecord[]
  /** The runs were created for this training: those that cannot even start are deleted. */
  fresh?: boolean
  signal: AbortSignal
  onEvent?: (run: RunRecord, event: RunEvent) => unknown
}

/** How the training of one run ended. */
export interface TrainingOutcome {
  run: RunRecord
  error?: ReversalError
}

/**
 * Trains runs one after another in this process. If one fails, the others continue; an interruption or a fault
 * of the machine ends all.
 */
export async function* trainRuns(options: TrainRunsOptions): AsyncGenerator<TrainingOutcome> {
  const { store, provider, runs, fresh = false, signal, onEvent } = options
  for (const { id } of runs) await store.update(id, claim)
  for (const [index, run] of runs.entries()) {
    try {
      for await (const event of provider.train(run, { signal })) await onEvent?.(run, event)
      yield { run: await store.get(run.id) }
    } catch (error) {
      if (error instanceof InterruptedError) throw withWayOn(error, runs.slice(index))
      const ended = await store.get(run.id)
      const final = !(error instanceof ReversalError)
      if (fresh) await forgetUnbegun(store, final ? runs.slice(index) : [run])
      if (final) throw error
      yield { run: ended, error }
    }
  }
}

/** A waiting run is shown as waiting as long as this process lives. */
function claim(run: RunRecord): RunRecord {
  return run.status === 'pending' && run.process === undefined ? { ...run, process: thisProcess() } : run
}

async function forgetUnbegun(store: RunStore, runs: readonly RunRecord[]): Promise<void> {
  for (const { id } of runs) if ((await store.find(id))?.status === 'pending') await store.delete(id)
}

function withWayOn(error: InterruptedError, left: readonly RunRecord[]): InterruptedError {
  if (left.length < 2) return error
  const wayOn = `resume: reversal finetune:resume ${left.map(({ id }) => id).join(' ')}`
  return new InterruptedError(error.message, { suggestions: [wayOn], cause: error })
}
