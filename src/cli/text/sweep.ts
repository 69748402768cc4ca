import type { SweepEstimate, SweepOutcome } from '../../lib/experiments/run-sweep.ts'
import type { SweepState } from '../../lib/experiments/sweep-steps.ts'
import type { FineTuneRequest } from '../../lib/finetuning/provider.ts'
import { isFromPaper } from '../../lib/reporting/paper-rows.ts'
import type { Report } from '../../lib/reporting/report.ts'
import {
  formatDollars,
  formatDuration,
  formatLoss,
  formatProgress,
  plural,
} from '../../lib/support/numbers.ts'
import type { ProgressState } from '../shell/progress.ts'
import { heldOutWarnings } from './estimate.ts'
import { renderReportTable } from './report.ts'
import { wrapText } from './table.ts'

/** The estimate of a sweep, for a person to read before it starts. */
export function renderSweepEstimate(
  requests: readonly FineTuneRequest[],
  estimate: SweepEstimate,
  { jobs, threads }: { jobs: number; threads: number },
): string {
  const [{ dataset, epochsReason }] = requests as [FineTuneRequest]
  const { tokens, durationS, costUsd, warnings } = estimate
  const facts = [
    `${plural(requests.length, 'run')} on ${dataset.name}`,
    plural(tokens, 'token'),
    ...(durationS === null ? [] : [`about ${formatDuration(durationS)}`]),
    ...(costUsd ? [`about ${formatDollars(costUsd)}`] : []),
    jobs === 1
      ? `with ${plural(threads, 'thread')}`
      : `${jobs} at once with ${plural(threads, 'thread')} each`,
  ]
  return [
    wrapText(facts.join(', ')),
    ...(epochsReason === undefined ? [] : [wrapText(`${epochsReason} --n-epochs sets other numbers.`)]),
    ...[...heldOutWarnings(dataset), ...warnings].map((warning) => wrapText(`Warning: ${warning}`)),
  ].join('\n')
}

/**
 * The live line of a sweep: the steps of all runs and, if there is room, the progress of each current run.
 */
export function sweepProgress({ done, total, active }: SweepState): ProgressState {
  const details = [plural(active.length, 'run'), ...active.map(describeActive)]
  return { label: 'Training', done, total, unit: 'steps', details }
}

function describeActive({ id, done, total }: SweepState['active'][number]): string {
  return `${id} ${formatProgress(done, total)}`
}

/** How one run of a sweep ended. */
export function describeOutcome({ run, reused, error }: SweepOutcome): string {
  const { learning_rate_multiplier: rate, batch_size: batch, n_epochs: epochs, seed } = run.hyperparameters
  const settings = `${run.model}, rate × ${rate}, batch ${batch}, ${plural(Number(epochs), 'epoch')}, seed ${seed}`
  if (error !== undefined) return wrapText(`${run.id} (${settings}) failed: ${error.message}`)
  const loss = typeof run.progress?.loss === 'number' ? `, loss ${formatLoss(run.progress.loss)}` : ''
  return wrapText(`${run.id} (${settings}) ${reused ? 'reused' : `trained${loss}`}`)
}

/**
 * The result of a sweep: accuracy by setting, or the first table of its report if all runs have the same
 * setting.
 */
export function renderSweepTable({ sections }: Pick<Report, 'sections'>): string {
  const tables = sections.flatMap((section) => section.tables)
  const table = tables.find(({ name }) => name === 'sweep') ?? tables[0]
  if (table === undefined) return ''
  return renderReportTable({ ...table, rows: table.rows.filter((row) => !isFromPaper(row)), notes: [] })
}
