import type { RunRecord } from '../schemas/run.ts'
import { InputError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'

/** Delete runs with all that lies in their folders. Throws InputError RUN_ACTIVE, before any is deleted, for a running one. */
export async function deleteRuns({
  store,
  runs,
}: {
  store: RunStore
  runs: readonly RunRecord[]
}): Promise<void> {
  const active = runs.find(({ status }) => status === 'running')
  if (active !== undefined) {
    throw new InputError(`The run ${active.id} is running: stop it first.`, {
      code: 'RUN_ACTIVE',
      suggestions: [`reversal finetune:cancel ${active.id}`],
    })
  }
  for (const { id } of runs) await store.delete(id)
}
