import { join } from 'node:path'
import { fetchFile, isMissing, lookUpFile } from '../../models/openai/files.ts'
import type { Transport } from '../../models/openai/transport.ts'
import type { FineTuningJob, JobCheckpoint, JobEvent } from '../../schemas/fine-tuning-job.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { writeAtomic } from '../../support/files.ts'
import { acquireLock } from '../../support/lock.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { hasEnded } from '../run-status.ts'
import type { JobApi } from './job-api.ts'
import { moment } from './jobs.ts'
import { decodeResults, parseResults, resultsFile, splitEnd } from './result-file.ts'

/** Another process that fetches the same events is done within this time. */
const LOCK_WAIT_MS = 60_000

interface CollectOptions {
  api: JobApi
  transport: Transport
  store: RunStore
  run: RunRecord
  job: FineTuningJob
  now: () => Date
  signal?: AbortSignal | undefined
}

/**
 * Records what a server has of a job: its events and, when it has ended, its checkpoints and the losses in its result
 * files. Returns sentences about what is missing; if there are none and the job has ended, nothing will be fetched
 * again.
 */
export async function collectJob(options: CollectOptions): Promise<string[]> {
  const { api, store, run, job, now } = options
  await using _lock = await acquireLock(join(store.directory(run.id), 'collect.lock'), {
    waitMs: LOCK_WAIT_MS,
    signal: options.signal,
  })
  const recorded = new Set((await store.events(run.id)).map(({ data }) => data?.id))
  const problems = await orMissing(`The events of ${run.id}`, async () => {
    const events = (await unknownTo(recorded, api.events(job.id))).flatMap(asEvents)
    await store.log(run.id, events)
    const last = events.findLast(({ type }) => type === 'step')
    if (last !== undefined) await store.update(run.id, (current) => withProgress(current, last))
    return []
  })
  if (!hasEnded(run)) return problems

  const checkpoints = orMissing(`The checkpoints of ${run.id}`, async () => {
    const fresh = await unknownTo(recorded, api.checkpoints(job.id))
    await store.log(run.id, fresh.map(asCheckpoint))
    return []
  })
  problems.push(...(await checkpoints), ...(await fetchResults(options)))
  if (problems.length === 0)
    await store.update(run.id, (current) => ({ ...current, collected_at: now().toISOString() }))
  return problems
}

/** Does the work; if the server does not have something (any more), reports it instead of failing. */
async function orMissing(what: string, work: () => Promise<string[]>): Promise<string[]> {
  try {
    return await work()
  } catch (error) {
    if (!isMissing(error)) throw error
    return [`${what} cannot be fetched: ${error.message}`]
  }
}

/** Those that come before the first that is known, the oldest first. */
async function unknownTo<T extends { id: string }>(
  recorded: ReadonlySet<unknown>,
  newestFirst: AsyncIterable<T>,
): Promise<T[]> {
  const fresh: T[] = []
  for await (const item of newestFirst) {
    if (recorded.has(item.id)) break
    fresh.push(item)
  }
  return fresh.toReversed()
}

/** A job's event as events of a run: a step with its loss, a loss on the validation file, or a message. */
function asEvents(event: JobEvent): RunEvent[] {
  const at = moment(event.created_at)
  const { step, train_loss, valid_loss, full_valid_loss } = (event.data ?? {}) as Record<string, unknown>
  if (event.type !== 'metrics' || !Number.isInteger(step)) {
    return [{ at, type: 'message', message: event.message, data: event }]
  }
  const validation = numberOf(full_valid_loss) ?? numberOf(valid_loss)
  const shared = { at, step: step as number, data: event }
  return [
    { ...shared, type: 'step', loss: numberOf(train_loss) },
    ...(validation === null ? [] : [{ ...shared, type: 'validation' as const, loss: validation }]),
  ]
}

function asCheckpoint(checkpoint: JobCheckpoint): RunEvent {
  const { created_at, step_number: step, fine_tuned_model_checkpoint: message } = checkpoint
  return { at: moment(created_at), type: 'checkpoint', step, message, data: checkpoint }
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

function withProgress(run: RunRecord, { step = 0, loss = null, data }: RunEvent): RunRecord {
  const { total_steps: told } = (data?.data ?? {}) as { total_steps?: unknown }
  const planned = run.progress?.total_steps ?? 0
  const total_steps = Math.max(step, typeof told === 'number' ? told : planned)
  return { ...run, progress: { step, total_steps, loss } }
}

/** Saves the losses of a job in a file next to the run's record; a job has one result file. */
async function fetchResults({ transport, store, run, job, signal }: CollectOptions): Promise<string[]> {
  const id = job.result_files?.[0]
  if (id === undefined) return []
  const name = `The result file ${id} of ${run.id}`
  return orMissing(name, async () => {
    const content = await fetchFile(transport, id, signal)
    const text = decodeResults(content)
    const { whole, rest } = splitEnd(text)
    const cut = rest !== '' && (await isCut(content, text))
    await writeAtomic(resultsFile(store.directory(run.id)), cut ? whole : text)
    const { rows, problem } = parseResults(cut ? whole : text)
    const fault = problem ?? (cut ? `is cut off in line ${rows.length + 2}` : undefined)
    return fault === undefined ? [] : [`${name} ${fault}.`]
  })

  /** Compares with the length that the server reports, which may be that of the encoded or of the decoded file. */
  async function isCut(content: string, text: string): Promise<boolean> {
    const { bytes } = (await lookUpFile(transport, id!, signal)) ?? {}
    return typeof bytes === 'number' && Buffer.byteLength(content) < bytes && Buffer.byteLength(text) < bytes
  }
}
