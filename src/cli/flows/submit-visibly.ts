import type { SubmitRunsOptions } from '../../lib/finetuning/submit-runs.ts'
import { submitRuns } from '../../lib/finetuning/submit-runs.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import type { TrainingResult } from './train-visibly.ts'
import { watchVisibly } from './watch-visibly.ts'

/** Hand runs to their server before the user's eyes and, where that is wished, stay until they end. */
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

function describeSubmitted({ id, model, status, remote, server }: RunRecord): string {
  return `Started ${id}: ${model}, job ${remote?.id} at ${server?.base_url}, ${status}.`
}
