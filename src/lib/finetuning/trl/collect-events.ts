import { join } from 'node:path'
import type { Engine } from '../../compute/engine.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { exists } from '../../support/files.ts'
import { acquireLock } from '../../support/lock.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { hasEnded } from '../run-status.ts'
import { eventsOfLog, readJobEvents } from './job-folder.ts'
import { jobOf, requestOf } from './trl-run.ts'

/** Another process that takes the same events in is done within this time. */
const LOCK_WAIT_MS = 60_000

interface CollectOptions {
  engine: Engine
  store: RunStore
  run: RunRecord
  now: () => Date
  signal?: AbortSignal | undefined
}

/** Take in what the trainer told since the last look: from the folder of the job, or from its log where that is not here. */
export async function collectEvents(options: CollectOptions): Promise<void> {
  const { store, run, now, signal } = options
  const path = join(store.directory(run.id), 'collect.lock')
  await using _lock = await acquireLock(path, { waitMs: LOCK_WAIT_MS, signal })
  const taken = Math.max(-1, ...(await store.events(run.id)).map(placeOf))
  const fresh = (await tellEvents(options)).filter((event) => placeOf(event) > taken)
  await store.log(run.id, fresh)
  const last = fresh.findLast(({ type }) => type === 'step')
  const ended = hasEnded(run)
  if (last === undefined && !ended) return
  await store.update(run.id, (current) => ({
    ...current,
    ...(last && { progress: progressOf(current, last) }),
    ...(ended && { collected_at: now().toISOString() }),
  }))
}

async function tellEvents({ engine, run, signal }: CollectOptions): Promise<RunEvent[]> {
  const { folder } = requestOf(run)
  if (await exists(folder)) return readJobEvents(folder)
  return eventsOfLog(await engine.logs(jobOf(run), { signal }))
}

/** The trainer numbers its events, over all attempts. */
function placeOf({ data }: RunEvent): number {
  return typeof data?.n === 'number' ? data.n : -1
}

function progressOf(
  { progress }: RunRecord,
  { step = 0, loss = null, tokens, tokens_per_second }: RunEvent,
): NonNullable<RunRecord['progress']> {
  return {
    step,
    total_steps: Math.max(step, progress?.total_steps ?? 0),
    loss,
    ...(tokens !== undefined && { tokens }),
    ...(tokens_per_second !== undefined && { tokens_per_second: Math.max(0, tokens_per_second) }),
  }
}
