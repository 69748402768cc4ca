import type { JobProvider } from '../finetuning/provider.ts'
import type { RunRecord } from '../schemas/run.ts'
import { ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'

/**
 * Submit a run to the machines that train it, unless they already have it, and wait until it ends. Aborting
 * `signal` only ends the wait. Throws ReversalError TRAINING_FAILED where it does not succeed.
 */
export async function trainByJob({
  store,
  provider,
  run,
  signal,
}: {
  store: RunStore
  provider: JobProvider
  run: RunRecord
  signal: AbortSignal
}): Promise<void> {
  try {
    await provider.submit(run, { signal })
  } catch (error) {
    // Left by an interrupted sweep: its job continued.
    if (!(error instanceof ReversalError) || !['RUN_ACTIVE', 'RUN_ENDED'].includes(error.code)) throw error
  }
  for await (const _event of provider.follow(run, { signal })) signal.throwIfAborted()
  const { status, error = `its job is ${status}` } = await store.get(run.id)
  if (status !== 'succeeded') throw new ReversalError(error, { code: 'TRAINING_FAILED' })
}
