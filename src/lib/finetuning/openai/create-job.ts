import { doOnce } from '../../models/openai/do-once.ts'
import type { FineTuningJob } from '../../schemas/fine-tuning-job.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { hasEnded } from '../run-status.ts'
import type { JobApi, JobRequest } from './job-api.ts'
import { jobIdOf, RUN_KEY } from './jobs.ts'

/** Maximum difference between the clocks of server and client. */
const CLOCK_DIFFERENCE_S = 3600

interface CreateJobOptions {
  api: JobApi
  store: RunStore
  run: RunRecord
  signal?: AbortSignal | undefined
}

/**
 * Creates the job of a run, exactly one. Throws OutcomeUnknownError if it stays unknown whether there is one.
 */
export function createJob(options: CreateJobOptions): Promise<FineTuningJob> {
  const { api, run, signal } = options
  return doOnce({
    server: api.server,
    attempt: () => api.create(run.request as JobRequest),
    find: () => takeJob(options),
    signal,
  })
}

/** The job of a run on the server; undefined if there is none. */
export async function findJob({ api, store, run }: CreateJobOptions): Promise<FineTuningJob | undefined> {
  const [own] = await jobsOf(api, run)
  return own ?? (await findUnmarked({ api, store, run }))
}

/** Like `findJob`; if there are several, keeps the oldest and cancels the others. */
export async function takeJob(options: CreateJobOptions): Promise<FineTuningJob | undefined> {
  const { api, run } = options
  const [own, ...others] = await jobsOf(api, run)
  for (const other of others) if (!hasEnded(other)) await api.control(other.id, 'cancel')
  return own ?? (await findUnmarked(options))
}

/** The jobs with the run's ID, oldest first. */
async function jobsOf(api: JobApi, { id }: RunRecord): Promise<FineTuningJob[]> {
  const jobs: FineTuningJob[] = []
  for await (const job of api.list({ [`metadata[${RUN_KEY}]`]: id })) {
    if (job.metadata?.[RUN_KEY] === id) jobs.push(job)
  }
  return jobs.toReversed()
}

/**
 * On servers that drop metadata: a job without metadata, created since then from the same file, that belongs to no
 * other run.
 */
async function findUnmarked({ api, store, run }: CreateJobOptions): Promise<FineTuningJob | undefined> {
  const { model, training_file: file, seed } = run.request as JobRequest
  if (file === undefined) return undefined
  const earliest = Date.parse(run.created_at) / 1000 - CLOCK_DIFFERENCE_S
  const taken = new Set((await store.list({ onDamaged: () => {} })).map(jobIdOf))
  for await (const job of api.list()) {
    const keepsMetadata = job.metadata?.[RUN_KEY] !== undefined
    if (keepsMetadata || job.created_at < earliest) return undefined
    const marked = Object.keys(job.metadata ?? {}).length > 0
    const alike = job.model === model && job.training_file === file && (job.seed ?? seed) === seed
    if (!marked && alike && !taken.has(job.id)) return job
  }
  return undefined
}
