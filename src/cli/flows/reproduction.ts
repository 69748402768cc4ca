import type { Experiment } from '../../lib/experiments/load-recipe.ts'
import type { Reproduction } from '../../lib/experiments/reproduce.ts'
import { reproduce } from '../../lib/experiments/reproduce.ts'
import type { ReproductionEvent } from '../../lib/experiments/reproduction-event.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { ReproduceFlags } from '../flags/reproduce.ts'
import { reproduceOptions } from '../flags/reproduce.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { Progress } from '../shell/progress.ts'
import { renderReportEnd } from '../text/report.ts'
import { describeStep, renderFitted, renderReproduction } from '../text/reproduction.ts'
import { fetchingProgress } from './opening-progress.ts'
import { showEvent } from './train-visibly.ts'

/** Result of the (first) seed, and of all seeds together. */
export type ReproduceResult = Reproduction & {
  /** One for each seed. */
  results: Reproduction[]
  report: { directory: string; page: string; findings: string[] }
}

/**
 * Run an offline experiment and show the progress: the current step, a live line, and each result when it is
 * ready.
 */
export async function reproduceVisibly(
  command: BaseCommand,
  { experiment, flags }: { experiment: Experiment; flags: ReproduceFlags },
): Promise<ReproduceResult> {
  const progress = new Progress({ quiet: command.jsonEnabled() })
  try {
    const { results, report: written } = await reproduce({
      ...reproduceOptions(experiment, flags),
      store: new RunStore(command.home),
      toolVersion: command.config.version,
      signal: command.interrupt,
      onFetching: fetchingProgress(progress),
      onEvent: (event) => showReproduction(event, { command, progress }),
    })
    progress.stop()
    command.log(renderReportEnd(written))
    const { directory, page, report } = written
    return { ...results[0]!, results, report: { directory, page, findings: report.findings } }
  } finally {
    progress.stop()
  }
}

/** Shows an event of a reproduction: a line for each step and result, and the live line for progress within a step. */
export async function showReproduction(
  event: ReproductionEvent,
  { command, progress }: { command: Pick<BaseCommand, 'log' | 'logToStderr'>; progress: Progress },
): Promise<void> {
  switch (event.type) {
    case 'step':
      progress.stop()
      return command.logToStderr(describeStep(event))
    case 'fitted':
      return command.logToStderr(renderFitted(event.sizes))
    case 'warning':
      return progress.note(`Warning: ${event.message}`)
    case 'training':
      return showEvent(progress, event.run, event.event)
    case 'evaluating':
      return progress.update({ label: 'Evaluating', done: event.done, total: event.total })
    case 'reproduced':
      progress.stop()
      return command.log(`${renderReproduction(event.result)}\n`)
  }
}
