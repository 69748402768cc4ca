import type { SubmitRunsOptions } from '../../lib/finetuning/submit-runs.ts'
import { submitRuns } from '../../lib/finetuning/submit-runs.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { describeStatus } from '../text/runs.ts'
import type { TrainingResult } from './train-visibly.ts'
import { watchVisibly } from './watch-visibly.ts'

/** Submits runs to their server and shows them; if requested, waits until they end. */
export async function submitVisibly(
  command: BaseCommand,
  { follow, ...options }: SubmitRunsOptions & { follow: boolean },
): Promise<TrainingResult> {
  const runs: RunRecord[] = []
  for await (const run of submitRuns(options)) {
    command.log(describeSubmitted(run))
    runs.push(run)
  }
  if (!follow) {
    command.log(`Watch: reversal finetune:watch ${runs[0]?.id}`)
    return { runs, failures: [] }
  }
  const ended: RunRecord[] = []
  for (const run of runs) ended.push(await watchVisibly(command, { ...options, run }))
  return { runs: ended, failures: [] }
}

function describeSubmitted(run: RunRecord): string {
  const { id, model, remote, server } = run
  const job = [
    ...(remote?.id === undefined ? [] : [`job ${remote.id}`]),
    ...(server === undefined ? [] : [`at ${server.base_url}`]),
  ].join(' ')
  return `Started ${id}: ${[model, job, describeStatus(run)].filter(Boolean).join(', ')}.`
}
