import type { RunRecord } from '../schemas/run.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { FineTuneProvider, FineTuneRequest } from './provider.ts'

/** Record a run for each request, or none where one cannot be recorded. */
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
    for (const request of requests) runs.push(await provider.create(request))
    return runs
  } catch (error) {
    for (const { id } of runs) await store.delete(id)
    throw error
  }
}
