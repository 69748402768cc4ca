import type { RunRecord } from '../schemas/run.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { FineTuneProvider, FineTuneRequest } from './provider.ts'

/** Records a run for each request, or none at all if one cannot be recorded. */
export async function createRuns({
  store,
  provider,
  requests,
}: {
  store: RunStore
  provider: FineTuneProvider
  requests: readonly FineTuneRequest[]
}): Promise<RunRecord[]> {
  const runs: RunRecord[] = []
  try {
    for (const request of requests) {
      const run = await provider.create(request)
      runs.push(run)
      const { options = {} } = request
      if (run.provider_options !== undefined || Object.keys(options).length === 0) continue
      runs.splice(-1, 1, await store.update(run.id, (own) => ({ ...own, provider_options: options })))
    }
    return runs
  } catch (error) {
    for (const { id } of runs) await store.delete(id)
    throw error
  }
}
