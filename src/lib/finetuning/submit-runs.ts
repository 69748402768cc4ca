import type { RunRecord } from '../schemas/run.ts'
import { InputError, ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { JobProvider } from './provider.ts'

export interface SubmitRunsOptions {
  store: RunStore
  provider: JobProvider
  runs: readonly RunRecord[]
  /** The runs were created for this submission: if the server refuses one, it and those after it are deleted. */
  fresh: boolean
  signal: AbortSignal
}

/**
 * Submits runs to their server: new ones together if the server supports that, otherwise one after another; each is
 * yielded with the server's data. Stops at the first failure, as the next request would fail, too; the remaining runs
 * can be submitted later.
 */
export async function* submitRuns(options: SubmitRunsOptions): AsyncGenerator<RunRecord> {
  const { store, provider, runs, fresh, signal } = options
  if (fresh && runs.length > 1 && provider.submitTogether !== undefined)
    return yield* await submitTogether(options)
  for (const [index, run] of runs.entries()) {
    try {
      yield await provider.submit(run, { signal })
    } catch (error) {
      const left = runs.slice(index)
      if (fresh && isRefusal(error)) await Promise.all(left.map(({ id }) => store.delete(id)))
      else await Promise.all(left.slice(1).map(({ id }) => leave(store, id)))
      throw isRefusal(error) ? error : withWayOn(error, left)
    }
  }
}

/** Like `submitRuns`, for new runs: if the server refuses one, all are deleted. */
export async function submitTogether({
  store,
  provider,
  runs,
  atOnce,
  signal,
}: Omit<SubmitRunsOptions, 'fresh'> & { atOnce?: number | undefined }): Promise<RunRecord[]> {
  try {
    return await provider.submitTogether!(runs, { atOnce, signal })
  } catch (error) {
    if (!isRefusal(error)) throw withWayOn(error, runs)
    await Promise.all(runs.map(({ id }) => store.delete(id)))
    throw error
  }
}

/** Refusals that will not change with time. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof InputError || (error instanceof ReversalError && error.code === 'FINE_TUNING_DENIED')
  )
}

async function leave(store: RunStore, id: string): Promise<void> {
  await store.update(id, ({ process: _process, ...run }) =>
    run.remote === undefined ? { ...run, status: 'interrupted' } : run,
  )
}

function withWayOn(error: unknown, left: readonly RunRecord[]): unknown {
  if (!(error instanceof ReversalError)) return error
  const { message, code, suggestions, exit } = error
  const wayOn = `resume: reversal finetune:resume ${left.map(({ id }) => id).join(' ')}`
  return new ReversalError(message, { code, exit, suggestions: [wayOn, ...suggestions], cause: error })
}
