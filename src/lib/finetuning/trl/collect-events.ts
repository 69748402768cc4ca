import { join } from 'node:path'
import type { Engine } from '../../compute/engine.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { exists, readTextIfExists, writeJson } from '../../support/files.ts'
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
  const { events, read } = await tellEvents(options)
  const fresh = events.filter((event) => placeOf(event) > taken)
  await store.log(run.id, fresh)
  if (read !== undefined) await writeJson(placeInLog(options), read)
  const last = fresh.findLast(({ type }) => type === 'step')
  const ended = hasEnded(run)
  if (last === undefined && !ended) return
  await store.update(run.id, (current) => ({
    ...current,
    ...(last && { progress: progressOf(current, last) }),
    ...(ended && { collected_at: now().toISOString() }),
  }))
}

/** How far the log of a job was read. */
interface ReadLog {
  job: string
  bytes: number
}

async function tellEvents(options: CollectOptions): Promise<{ events: RunEvent[]; read?: ReadLog }> {
  const { engine, run, signal } = options
  const { folder, files } = requestOf(run)
  if (files === undefined && (await exists(folder))) return { events: await readJobEvents(folder) }
  const job = jobOf(run)
  const text = await readTextIfExists(placeInLog(options))
  const last = text === undefined ? undefined : (JSON.parse(text) as ReadLog)
  const from = last?.job === job.id ? last.bytes : 0
  const log = await engine.logs(job, { from, signal })
  // The last line may not be whole yet.
  const whole = log.slice(0, log.lastIndexOf('\n') + 1)
  const read = { job: job.id, bytes: from + Buffer.byteLength(whole) }
  return { events: eventsOfLog(whole), read }
}

function placeInLog({ store, run }: CollectOptions): string {
  return join(store.directory(run.id), 'log-read.json')
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
