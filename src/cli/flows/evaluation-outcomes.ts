import type { EvaluationOutcome } from '../../lib/evaluation/evaluate-targets.ts'
import type { LearnedDirection } from '../../lib/evaluation/learned.ts'
import { judgeDirections } from '../../lib/evaluation/learned.ts'
import { PromptsUnansweredError } from '../../lib/evaluation/unanswered-prompts.ts'
import { proposeEpochsOn } from '../../lib/finetuning/epochs.ts'
import type { EvaluationSummary } from '../../lib/schemas/evaluation.ts'
import type { SyncedRun, Tracker } from '../../lib/tracking/tracker.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import type { Progress } from '../shell/progress.ts'
import { renderEvaluation } from '../text/evaluation.ts'
import { renderNotLearned } from '../text/learned.ts'
import type { Tracked } from '../text/tracker.ts'
import { renderSync, told } from '../text/tracker.ts'
import { tellFailure } from './tell-failure.ts'

/** The `--json` output of commands that evaluate. */
export interface EvaluationsReport {
  evaluations: ReportedEvaluation[]
  failures: { model: string; message: string }[]
}

export type ReportedEvaluation = EvaluationSummary &
  Tracked<SyncedRun> & {
    directory: string
    newly_scored: number
    /** Number of answers that an earlier version had scored by other rules; absent if there are none. */
    rescored?: number
    /**
     * For experiment 1, in each direction of training: whether the model learned enough for a conclusion on
     * the reverse.
     */
    learned?: LearnedDirection[]
    /** Epochs to try if it was not. */
    proposed_epochs?: number
  }

/**
 * Shows evaluations as they end. If there is only one, its failure is thrown; a failure among several is shown
 * and sets exit code 1.
 */
export async function reportOutcomes(
  outcomes: AsyncIterable<EvaluationOutcome>,
  {
    command,
    progress,
    only,
    tracker,
  }: { command: BaseCommand; progress: Progress; only: boolean; tracker?: Tracker | undefined },
): Promise<EvaluationsReport> {
  const report: EvaluationsReport = { evaluations: [], failures: [] }
  for await (const { target, error, ...outcome } of outcomes) {
    progress.stop()
    if ('result' in outcome) {
      const { result, synced } = outcome
      const { status } = result.summary
      const learned = status === 'complete' ? judgeDirections(result.summary) : []
      const isNot = learned.some((own) => !own.learned)
      const proposedEpochs =
        isNot && target.run ? proposeEpochsOn(target.run, result.summary.dataset) : undefined
      command.log(renderEvaluation(target, result, renderNotLearned(learned, { proposedEpochs })))
      if (synced) command.log(`${renderSync(synced)}\n`)
      const { summary, directory, scored, rescored } = result
      report.evaluations.push({
        ...{ ...summary, directory, newly_scored: scored },
        ...(rescored !== undefined && { rescored }),
        ...told(tracker, synced),
        ...(learned.length > 0 && { learned }),
        ...(proposedEpochs !== undefined && { proposed_epochs: proposedEpochs }),
      })
    }
    if (error === undefined) continue
    const { name } = target
    // The answers are shown above, and in the output of --json.
    tellFailure({ command, name, error, only: only && !(error instanceof PromptsUnansweredError) })
    report.failures.push({ model: name, message: error.message })
  }
  return report
}
