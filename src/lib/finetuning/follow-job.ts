import type { RunEvent, RunRecord } from '../schemas/run.ts'
import { ReversalError } from '../support/errors.ts'
import { wait } from '../support/wait.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { JobProvider } from './provider.ts'
import { hasEnded } from './run-status.ts'

export interface FollowJobOptions {
  store: RunStore
  provider: Pick<JobProvider, 'refresh' | 'collect'>
  run: RunRecord
  /** Milliseconds between two looks. */
  pollMs?: number | undefined
  now?: (() => Date) | undefined
  signal: AbortSignal
}

const POLL_MS = 5000

/** The events of a run whose job is on a server, from the first to the last, as the server reports them. */
export async function* followJob(options: FollowJobOptions): AsyncGenerator<RunEvent> {
  const { store, provider, run, pollMs = POLL_MS, now = () => new Date(), signal } = options
  let current = run
  for (let seen = 0; ; await wait(pollMs, signal)) {
    let problems: string[] = []
    if (current.collected_at === undefined) {
      current = await provider.refresh(current, { signal })
      problems = await collectEnded(current, options)
    }
    const events = await store.events(run.id)
    yield* events.slice(seen)
    seen = events.length
    if (!hasEnded(current) && current.status !== 'interrupted') continue
    for (const message of problems) yield { at: now().toISOString(), type: 'message', message }
    return
  }
}

/**
 * Like `collect`, but for a run that has ended: whatever cannot be fetched is only reported, as the end of the run is
 * what counts.
 */
async function collectEnded(run: RunRecord, { provider, signal }: FollowJobOptions): Promise<string[]> {
  try {
    return await provider.collect(run, { signal })
  } catch (error) {
    signal.throwIfAborted()
    if (!hasEnded(run) || !(error instanceof ReversalError)) throw error
    return [`Not all of ${run.id} could be fetched: ${error.message}`]
  }
}
