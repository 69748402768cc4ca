import type { SweepEvent, SweepOptions, Swept } from '../../lib/experiments/sweep.ts'
import { sweep } from '../../lib/experiments/sweep.ts'
import { EXIT } from '../../lib/support/errors.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { Progress } from '../shell/progress.ts'
import { renderReportEnd } from '../text/report.ts'
import { describeOutcome, renderSweepEstimate, renderSweepTable, sweepProgress } from '../text/sweep.ts'

/**
 * Run a sweep and show the progress; asks the user first if it costs money. Sets exit code 1 if a run failed.
 */
export async function sweepVisibly(
  command: BaseCommand,
  { yes, ...options }: Omit<SweepOptions, 'onEvent'> & { yes: boolean },
): Promise<Swept> {
  const progress = new Progress({ quiet: command.jsonEnabled() })
  const onEvent = async (event: SweepEvent) => {
    await showSweep(event, { command, progress })
    if (event.type !== 'planned' || options.dryRun || event.estimate.costUsd === 0) return
    await command.confirm(`Start ${event.requests.length} fine-tunes?`, { yes })
  }
  try {
    const swept = await sweep({ ...options, onEvent })
    progress.stop()
    if (swept.failures.length > 0) process.exitCode = EXIT.failed
    if (swept.report === undefined) return swept
    command.log(renderSweepTable(swept.report.report))
    command.log(renderReportEnd(swept.report))
    return swept
  } finally {
    progress.stop()
  }
}

/** Shows an event of a sweep: a line for each run that ends, the live line for all that are under way. */
export async function showSweep(
  event: SweepEvent,
  { command, progress }: { command: Pick<BaseCommand, 'logToStderr'>; progress: Progress },
): Promise<void> {
  switch (event.type) {
    case 'planned':
      return command.logToStderr(renderSweepEstimate(event.requests, event.estimate, event.machine))
    case 'training':
      return progress.update(sweepProgress(event))
    case 'trained':
      return progress.note(describeOutcome(event.outcome))
    case 'evaluating':
      return progress.update({
        ...{ label: 'Evaluating', done: event.done, total: event.total, unit: 'runs' },
        details: [`${event.run} ${Math.floor((100 * event.prompts.done) / event.prompts.total)} %`],
      })
    case 'evaluation-failed':
      return progress.note(`${event.run} could not be evaluated: ${event.error.message}`)
  }
}
