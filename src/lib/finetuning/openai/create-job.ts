import { OutcomeUnknownError } from '../../models/openai/transport.ts'
import type { FineTuningJob } from '../../schemas/fine-tuning-job.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { wait } from '../../support/wait.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import type { JobApi, JobRequest } from './job-api.ts'
import { jobIdOf, RUN_KEY } from './jobs.ts'

const MOST_ATTEMPTS = 4
/** How often a job is looked for after a request that brought no answer; the server may still be at it. */
const LOOKS = 3
/** How much the clocks of server and client may differ. */
const CLOCK_DIFFERENCE_S = 3600

interface CreateJobOptions {
  api: JobApi
  store: RunStore
  run: RunRecord
  signal?: AbortSignal | undefined
}

/**
 * Create the job of a run. Where no answer comes, the job is looked for before another request is sent; if in spite
 * of that two are found in the end, the newer one is cancelled. Throws OutcomeUnknownError where it stays open.
 */
export async function createJob(options: CreateJobOptions): Promise<FineTuningJob> {
  const { api, run, signal } = options
  for (let attempt = 1; ; attempt++) {
    try {
      const job = await api.create(run.request as JobRequest)
      return attempt === 1 ? job : ((await cancelOthers(api, run)) ?? job)
    } catch (error) {
      if (!(error instanceof OutcomeUnknownError)) throw error
      for (let look = 0; look < LOOKS; look++) {
        await wait(api.server.backoffMs * 2 ** look, signal)
        const found = await findJob(options)
        if (found !== undefined) return found
      }
      if (attempt === MOST_ATTEMPTS) throw error
    }
  }
}

/** The job of a run at the server; undefined where there is none. */
export async function findJob({ api, store, run }: CreateJobOptions): Promise<FineTuningJob | undefined> {
  const [own] = await jobsOf(api, run)
  return own ?? (await findUnmarked({ api, store, run }))
}

/** The jobs that bear the run's name, the oldest first. */
async function jobsOf(api: JobApi, { id }: RunRecord): Promise<FineTuningJob[]> {
  const jobs: FineTuningJob[] = []
  for await (const job of api.list({ [`metadata[${RUN_KEY}]`]: id })) {
    if (job.metadata?.[RUN_KEY] === id) jobs.push(job)
  }
  return jobs.toReversed()
}

/** On servers that drop metadata: a job without any, made since then from the same file, that is no other run's. */
async function findUnmarked({ api, store, run }: CreateJobOptions): Promise<FineTuningJob | undefined> {
  const { model, training_file: file } = run.request as JobRequest
  if (file === undefined) return undefined
  const earliest = Date.parse(run.created_at) / 1000 - CLOCK_DIFFERENCE_S
  const taken = new Set((await store.list({ onDamaged: () => {} })).map(jobIdOf))
  for await (const job of api.list()) {
    const keepsMetadata = job.metadata?.[RUN_KEY] !== undefined
    if (keepsMetadata || job.created_at < earliest) return undefined
    const marked = Object.keys(job.metadata ?? {}).length > 0
    if (!marked && job.model === model && job.training_file === file && !taken.has(job.id)) return job
  }
  return undefined
}

/** Keep the oldest job of a run, which is given back; undefined where the server does not tell whose jobs are whose. */
async function cancelOthers(api: JobApi, run: RunRecord): Promise<FineTuningJob | undefined> {
  const [first, ...others] = await jobsOf(api, run)
  for (const { id } of others) await api.control(id, 'cancel')
  return first
}
