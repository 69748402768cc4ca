import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
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

/**
 * Records the trainer's new events: from the job's folder, or from its log if the folder is not on this machine.
 * Neither old events nor the run's recorded events are read again.
 */
export async function collectEvents(options: CollectOptions): Promise<void> {
  const { store, run, now, signal } = options
  const path = join(store.directory(run.id), 'collect.lock')
  await using _lock = await acquireLock(path, { waitMs: LOCK_WAIT_MS, signal })
  const last = await readPlace(options)
  const recorded = await store.eventsFrom(run.id, last?.recorded ?? 0)
  // More events are recorded only if a process was killed before it saved its place.
  const taken = Math.max(last?.n ?? -1, ...recorded.events.map(placeOf))
  const { events, ...read } = await tellEvents(options, last)
  const fresh = events.filter((event) => placeOf(event) > taken)
  if (fresh.length > 0) await store.log(run.id, fresh)
  const place: ReadPlace = {
    ...read,
    n: Math.max(taken, ...fresh.map(placeOf)),
    recorded: (await store.eventsFrom(run.id, recorded.bytes)).bytes,
  }
  if (!isDeepStrictEqual(place, last)) await writeJson(placeFile(options), place)
  const step = fresh.findLast(({ type }) => type === 'step')
  const ended = hasEnded(run)
  if (step === undefined && !ended) return
  await store.update(run.id, (current) => ({
    ...current,
    ...(step && { progress: progressOf(current, step) }),
    ...(ended && { collected_at: now().toISOString() }),
  }))
}

/** How far the events of a run were read. */
interface ReadPlace {
  /** Whose log, or the folder of the job. */
  job: string
  /** Bytes read of that log, or of the events in the folder. */
  bytes: number
  /** Number of the last event that is recorded. */
  n: number
  /** Bytes of the record of the run that hold no later event. */
  recorded: number
}

/** In place of a job's ID: its folder holds the events of all attempts. */
const FOLDER = 'folder'

async function tellEvents(
  options: CollectOptions,
  last: ReadPlace | undefined,
): Promise<{ events: RunEvent[] } & Pick<ReadPlace, 'job' | 'bytes'>> {
  const { engine, run, signal } = options
  const { folder, files } = requestOf(run)
  const fromOf = (job: string) => (last?.job === job ? last.bytes : 0)
  if (files === undefined && (await exists(folder)))
    return { job: FOLDER, ...(await readJobEvents(folder, fromOf(FOLDER))) }
  const job = jobOf(run)
  const from = fromOf(job.id)
  const log = await engine.logs(job, { from, signal })
  // The last line may be incomplete.
  const whole = log.slice(0, log.lastIndexOf('\n') + 1)
  return { job: job.id, bytes: from + Buffer.byteLength(whole), events: eventsOfLog(whole) }
}

/** Undefined before the first look, or if an earlier version saved less. */
async function readPlace(options: CollectOptions): Promise<ReadPlace | undefined> {
  const text = await readTextIfExists(placeFile(options))
  const place = text === undefined ? undefined : (JSON.parse(text) as Partial<ReadPlace>)
  return place?.recorded === undefined || place.n === undefined ? undefined : (place as ReadPlace)
}

function placeFile({ store, run }: CollectOptions): string {
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
