import type { JobProvider } from '../finetuning/provider.ts'
import type { RunRecord } from '../schemas/run.ts'
import { ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'

/**
 * Hand a run to the machines that train it, or find that they have it, and wait for its end. Aborting `signal` ends the
 * wait alone. Throws ReversalError TRAINING_FAILED where it does not succeed.
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
    // Left by a sweep that was interrupted: its job went on.
    if (!(error instanceof ReversalError) || !['RUN_ACTIVE', 'RUN_ENDED'].includes(error.code)) throw error
  }
  for await (const _event of provider.follow(run, { signal })) signal.throwIfAborted()
  const { status, error = `its job is ${status}` } = await store.get(run.id)
  if (status !== 'succeeded') throw new ReversalError(error, { code: 'TRAINING_FAILED' })
}
