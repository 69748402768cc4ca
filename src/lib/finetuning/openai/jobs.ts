import { costOfTokens } from '../../models/openai/prices.ts'
import type { FineTuningJob } from '../../schemas/fine-tuning-job.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { statusOfWord } from '../../schemas/run-status.ts'

/** Metadata key that links a job to its run. */
export const RUN_KEY = 'reversal_run'

/** The server's name for the job of a run; undefined for a run that no server is known to have. */
export function jobIdOf({ remote }: RunRecord): string | undefined {
  return typeof remote?.id === 'string' ? remote.id : undefined
}

/** The record of a run, updated from its job on the server. */
export function withJob(run: RunRecord, job: FineTuningJob): RunRecord {
  const { process: _process, error: _error, ...rest } = run
  const { fine_tuned_model: model, finished_at: finished, error } = job
  return {
    ...rest,
    status: statusOfWord(job.status),
    server_status: job.status,
    ...(model && { fine_tuned_model: model }),
    ...(finished && { finished_at: moment(finished) }),
    ...(error?.message && { error: error.message }),
    ...costOf(run, job),
    remote: job,
  }
}

/** The estimate is used until the server reports what it bills; the cost of a job without a result is unknown. */
function costOf(
  { price }: RunRecord,
  { trained_tokens: tokens, status }: FineTuningJob,
): Pick<RunRecord, 'trained_tokens' | 'cost_usd' | 'cost_is_estimate'> {
  if (typeof tokens === 'number') {
    const cost = price === undefined ? null : costOfTokens(tokens, price.training)
    return { trained_tokens: tokens, cost_usd: cost, cost_is_estimate: false }
  }
  return status === 'failed' || status === 'cancelled' ? { cost_usd: null, cost_is_estimate: false } : {}
}

/** Seconds since 1970 as a date and time. */
export function moment(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
