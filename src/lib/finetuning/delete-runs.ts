import type { RunRecord } from '../schemas/run.ts'
import { InputError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'
import { hasEnded } from './run-status.ts'

/** Whatever a server is known to have of it. */
const AT_WORK: ReadonlySet<string> = new Set(['queued', 'running', 'paused'])

/**
 * Delete runs with everything in their folders. Throws InputError RUN_ACTIVE, before any is deleted, for one
 * that runs
 * or whose job a server has not ended.
 */
export async function deleteRuns({
  store,
  runs,
}: {
  store: RunStore
  runs: readonly RunRecord[]
}): Promise<void> {
  const active = runs.find((run) => AT_WORK.has(run.status) || (run.remote !== undefined && !hasEnded(run)))
  if (active !== undefined) {
    throw new InputError(`The run ${active.id} is ${active.status}: stop it first.`, {
      code: 'RUN_ACTIVE',
      suggestions: [`reversal finetune:cancel ${active.id}`],
    })
  }
  for (const { id } of runs) await store.delete(id)
}
