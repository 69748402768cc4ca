import type { RunEvent, RunRecord } from '../schemas/run.ts'
import { InputError, InterruptedError, ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { FineTuneProvider } from './provider.ts'

export interface TrainRunsOptions {
  store: RunStore
  provider: FineTuneProvider
  runs: readonly RunRecord[]
  signal: AbortSignal
  onEvent?: (run: RunRecord, event: RunEvent) => unknown
}

/** How the training of one run ended. */
export interface TrainingOutcome {
  run: RunRecord
  error?: ReversalError
}

/** Train runs one after another in this process. One that fails leaves the others to go on; an interruption ends all. */
export async function* trainRuns(options: TrainRunsOptions): AsyncGenerator<TrainingOutcome> {
  const { store, provider, runs, signal, onEvent } = options
  if (provider.train === undefined) {
    throw new InputError(`Runs of ${provider.name} are not trained on this machine.`, { code: 'NOT_LOCAL' })
  }
  for (const run of runs) {
    try {
      for await (const event of provider.train(run, { signal })) await onEvent?.(run, event)
      yield { run: await store.get(run.id) }
    } catch (error) {
      if (!(error instanceof ReversalError) || error instanceof InterruptedError) throw error
      yield { run: await store.get(run.id), error }
    }
  }
}
