import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { wait } from '../../support/wait.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { hasEnded } from '../run-status.ts'

const POLL_MS = 300

/** The events of a run from its first to its end or to an interruption, as its process writes them. */
export async function* followLocalRun(
  store: RunStore,
  { id }: RunRecord,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  for (let seen = 0; ; ) {
    const run = await store.get(id)
    const events = await store.events(id)
    yield* events.slice(seen)
    seen = events.length
    if (hasEnded(run) || run.status === 'interrupted') return
    await wait(POLL_MS, signal)
  }
}
