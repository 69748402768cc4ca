import type { FineTuneRequest, JobProvider, RepeatableProvider } from '../finetuning/provider.ts'
import type { RunEvent, RunRecord } from '../schemas/run.ts'
import { ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'

/** A provider whose jobs run elsewhere and whose runs can be compared before they are created. */
export type RepeatableJobProvider = JobProvider & RepeatableProvider

/**
 * Submits a run to the machines that train it, unless they already have it, and waits until it ends. Aborting `signal`
 * only ends the wait. Throws ReversalError TRAINING_FAILED if it does not succeed.
 */
export async function trainByJob({
  store,
  provider,
  run,
  signal,
  onEvent,
}: {
  store: RunStore
  provider: JobProvider
  run: RunRecord
  signal: AbortSignal
  onEvent?: ((run: RunRecord, event: RunEvent) => unknown) | undefined
}): Promise<void> {
  try {
    await provider.submit(run, { signal })
  } catch (error) {
    // Left by an interrupted sweep: its job continued.
    if (!(error instanceof ReversalError) || !['RUN_ACTIVE', 'RUN_ENDED'].includes(error.code)) throw error
  }
  for await (const event of provider.follow(run, { signal })) {
    signal.throwIfAborted()
    await onEvent?.(run, event)
  }
  const { status, error = `its job is ${status}` } = await store.get(run.id)
  if (status !== 'succeeded') throw new ReversalError(error, { code: 'TRAINING_FAILED' })
}

/** The epochs, in whole passes over the data, that come closest to a budget of tokens; at least one. */
export async function epochsNearBudget(
  provider: RepeatableJobProvider,
  request: FineTuneRequest,
  tokens: number,
): Promise<number> {
  const { tokensPerEpoch } = await provider.estimate(request)
  return Math.max(1, Math.round(tokens / tokensPerEpoch))
}
