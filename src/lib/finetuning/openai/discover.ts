import { trainingPrice } from '../../models/openai/prices.ts'
import type { Server } from '../../models/openai/server.ts'
import type { FineTuningJob } from '../../schemas/fine-tuning-job.ts'
import type { PriceTable } from '../../schemas/prices.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { statusOfWord } from '../../schemas/run-status.ts'
import { sha256 } from '../../support/files.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import type { Discovery } from '../provider.ts'
import type { JobApi } from './job-api.ts'
import { jobIdOf, moment, RUN_KEY, withJob } from './jobs.ts'

interface DiscoverOptions {
  api: JobApi
  store: RunStore
  prices: PriceTable
  toolVersion: string
  since: Date | undefined
}

/** Records the jobs of a server: updates known runs, and adds the others as new runs. */
export async function discoverJobs({ api, store, since, ...options }: DiscoverOptions): Promise<Discovery> {
  const known = await store.list({ onDamaged: () => {} })
  const found: Discovery = { runs: [], skipped: 0 }
  for await (const job of api.list()) {
    if (since !== undefined && job.created_at * 1000 < since.getTime()) break
    const key = job.metadata?.[RUN_KEY]
    const run = known.find((candidate) => candidate.id === key || isJobOf(candidate, job, api.server))
    if (run !== undefined) {
      await store.update(run.id, (current) => withJob(current, job))
      continue
    }
    const adopted = adopt(job, { ...options, server: api.server })
    if (adopted === undefined || known.some(({ id }) => id === adopted.id)) {
      found.skipped++
      continue
    }
    await store.save(adopted)
    found.runs.push(adopted)
  }
  return found
}

/** Different servers may give two jobs the same ID. */
function isJobOf(run: RunRecord, job: FineTuningJob, { baseUrl }: Server): boolean {
  return jobIdOf(run) === job.id && run.server?.base_url === baseUrl
}

const RUN_ID = /^ft-[a-z0-9]{8}$/
/** IDs that are valid folder names on every system. */
const FOLDER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** A job that was started elsewhere, as a run; undefined if its hyperparameters are not numbers (yet). */
function adopt(
  job: FineTuningJob,
  { server, prices, toolVersion }: Pick<DiscoverOptions, 'prices' | 'toolVersion'> & { server: Server },
): RunRecord | undefined {
  const { n_epochs, batch_size, learning_rate_multiplier } = job.hyperparameters ?? {}
  const told =
    [n_epochs, batch_size, learning_rate_multiplier].every((value) => Number(value) > 0) &&
    Number.isInteger(Number(batch_size))
  if (!told) return undefined
  const key = job.metadata?.[RUN_KEY]
  const file = job.training_file ?? 'unknown'
  const price = trainingPrice(prices, job.model)
  const { date, source } = prices
  const run: RunRecord = {
    id: typeof key === 'string' && RUN_ID.test(key) ? key : runIdOf(job),
    provider: 'openai',
    model: job.model,
    dataset: { name: file, training_file: file },
    hyperparameters: {
      n_epochs: Number(n_epochs),
      batch_size: Number(batch_size),
      learning_rate_multiplier: Number(learning_rate_multiplier),
      ...(typeof job.seed === 'number' && { seed: job.seed }),
    },
    status: statusOfWord(job.status),
    tags: [],
    created_at: moment(job.created_at),
    ...(price !== undefined && { price: { training: price, date, source } }),
    server: { base_url: server.baseUrl, organization: server.organization, project: server.project },
    tool_version: toolVersion,
  }
  return withJob(run, job)
}

/** The job's own ID if that is a valid folder name, else one derived from it. */
function runIdOf({ id }: FineTuningJob): string {
  return FOLDER_NAME.test(id) ? id : `ftjob-${sha256(id).slice(0, 16)}`
}
