import type { EvaluationOutcome } from '../lib/evaluation/evaluate-targets.ts'
import type { EvaluationSummary } from '../lib/schemas/evaluation.ts'
import { EXIT } from '../lib/support/errors.ts'
import type { BaseCommand } from './base-command.ts'
import { renderEvaluation } from './evaluation-text.ts'
import type { Progress } from './progress.ts'

/** What a command that evaluates prints with `--json`. */
export interface EvaluationsReport {
  evaluations: (EvaluationSummary & { directory: string; newly_scored: number })[]
  failures: { model: string; message: string }[]
}

/** Show evaluations as they end. The failure of the only one is thrown; one of several is shown and leaves exit code 1. */
export async function reportOutcomes(
  outcomes: AsyncIterable<EvaluationOutcome>,
  { command, progress, only }: { command: BaseCommand; progress: Progress; only: boolean },
): Promise<EvaluationsReport> {
  const report: EvaluationsReport = { evaluations: [], failures: [] }
  for await (const { target, ...outcome } of outcomes) {
    progress.stop()
    if ('error' in outcome) {
      const { message } = outcome.error
      if (only) throw outcome.error
      command.logToStderr(`${target.name} failed: ${message}`)
      report.failures.push({ model: target.name, message })
      process.exitCode = EXIT.failed
    } else {
      const { summary, directory, scored } = outcome.result
      command.log(renderEvaluation(target, outcome.result))
      report.evaluations.push({ ...summary, directory, newly_scored: scored })
    }
  }
  return report
}
