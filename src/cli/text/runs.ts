import { hasEnded } from '../../lib/finetuning/run-status.ts'
import type { RunRecord } from '../../lib/schemas/run.ts'
import {
  formatAgo,
  formatCompactCount,
  formatDate,
  formatDollars,
  formatPercent,
  formatProgress,
  plural,
} from '../../lib/support/numbers.ts'
import type { ListedRun } from '../../lib/tracking/list-runs.ts'
import type { TrackedState } from '../../lib/tracking/tracker.ts'
import { paint } from '../shell/paint.ts'
import type { TextColumn } from './table.ts'
import { fits, renderRecords, renderTable, wrapText } from './table.ts'
import type { Tracked } from './tracker.ts'

/** A run of a list, as `--json` has it. */
export type ShownRun = Omit<ListedRun, 'tracked'> & Tracked<TrackedState>

export interface ShownRuns {
  runs: ShownRun[]
  /** Runs that fit but are older than `days`. */
  older: number
}

type Colour = 'blue' | 'yellow' | 'red' | 'green' | 'magenta' | 'none'

const COLOURS: Readonly<Record<string, Colour>> = {
  running: 'blue',
  pending: 'yellow',
  queued: 'yellow',
  paused: 'yellow',
  interrupted: 'yellow',
  failed: 'red',
  cancelled: 'red',
}

/** The original's colours: running blue, pending yellow, failed red, not synced magenta, not evaluated green. */
function colourOf(run: ShownRun): Colour {
  const { status, best_accuracy } = run
  const colour = COLOURS[status]
  if (colour !== undefined || status !== 'succeeded') return colour ?? 'none'
  const state = stateOf(run)
  if (state?.synced === false) return 'magenta'
  return state?.evaluated === false || (state === undefined && best_accuracy === null) ? 'green' : 'none'
}

function stateOf({ wandb, tracked }: ShownRun): TrackedState | undefined {
  return wandb ?? tracked
}

function formatState(run: ShownRun): string {
  const state = stateOf(run)
  if (state === undefined) return ''
  return state.synced ? (state.evaluated ? 'evaluated' : 'synced, not evaluated') : 'not synced'
}

/**
 * Below this many columns, dates, tokens and epochs are left out, and also the cost if Weights & Biases needs its room.
 */
const WIDE = 110

/** Runs as a table, coloured by their state. */
export function renderRuns(
  { runs, older }: ShownRuns,
  {
    now,
    width,
    nothing = 'No runs match.',
  }: {
    now: Date
    width?: number | undefined
    /** Why there is no run to show. */
    nothing?: string | undefined
  },
): string {
  const hidden =
    older === 0
      ? []
      : [`${plural(older, 'older run is', 'older runs are')} not shown: use --all or --days to see them.`]
  if (runs.length === 0) return [nothing, ...hidden].join(' ')
  const columns = columnsOf(runs, { now, wide: width === undefined || width >= WIDE })
  const rows = runs.map((run) => columns.map(({ cell }) => cell(run)))
  if (width !== undefined && !fits(renderTable(columns, rows, { width }), width)) {
    const heads = columns.map(({ head }) => head)
    return [renderRecords(heads, rows, { width }), ...hidden.map((line) => wrapText(line))].join('\n')
  }
  const table = renderTable(columns, rows, {
    width,
    paint: (row, line) => {
      const colour = colourOf(runs[row]!)
      return colour === 'none' ? line : paint(colour, line)
    },
  })
  return [table, ...hidden].join('\n')
}

interface RunColumn extends TextColumn {
  cell: (run: ShownRun) => string
}

function columnsOf(
  runs: readonly ShownRun[],
  { now, wide }: { now: Date; wide: boolean },
): readonly RunColumn[] {
  const isTracked = runs.some((run) => stateOf(run) !== undefined)
  const tracker = runs.some(({ wandb }) => wandb !== undefined) ? 'W&B' : 'tracker'
  const objective: RunColumn = {
    ...{ head: 'objective', least: 6 },
    cell: ({ hyperparameters }) => hyperparameters.objective ?? '',
  }
  const epochs: RunColumn = {
    ...{ head: 'epochs', align: 'right' },
    cell: ({ hyperparameters }) => String(hyperparameters.n_epochs),
  }
  const tokens: RunColumn = {
    ...{ head: 'tokens', align: 'right' },
    cell: ({ trained_tokens: own }) => (own === undefined ? '' : formatCompactCount(own)),
  }
  return [
    { head: 'run', cell: ({ id }) => id },
    { head: 'model', least: 9, cell: ({ shown_model: model }) => model },
    { head: 'tags', least: 3, cell: ({ tags }) => tags.join(', ') },
    { head: 'data set', least: 7, cell: ({ dataset }) => dataset.name },
    ...(runs.some(({ hyperparameters }) => hyperparameters.objective !== undefined) ? [objective] : []),
    ...(wide ? [epochs, tokens] : []),
    ...(wide || !isTracked ? [{ head: 'cost', align: 'right' as const, cell: formatCost }] : []),
    {
      ...{ head: 'created', least: 11 },
      cell: ({ created_at: at }) => formatAgo(at, now) + (wide ? ` (${formatDate(at)})` : ''),
    },
    { head: 'status', cell: formatStatus },
    { head: 'same', align: 'right', cell: (run) => formatAccuracy(run.same_accuracy) },
    { head: 'reverse', align: 'right', cell: (run) => formatAccuracy(run.reverse_accuracy) },
    ...(isTracked ? [{ head: tracker, least: 6, cell: formatState }] : []),
  ]
}

function formatAccuracy(accuracy: number | null): string {
  return accuracy === null ? '' : formatPercent(accuracy)
}

/** What a run cost: "$1.50", "~$1.50", "free". */
export function formatCost({ cost_usd: cost, cost_is_estimate: estimated }: RunRecord): string {
  if (cost === undefined || cost === null) return ''
  if (cost === 0) return 'free'
  return `${estimated ? '~' : ''}${formatDollars(cost)}`
}

/** Our word for the status of a run and, if different, the server's. */
export function describeStatus({ status, server_status: word }: RunRecord): string {
  return word === undefined || word === status || hasEnded({ status }) ? status : `${status} (${word})`
}

/** The status, with the progress of a run that is running. */
export function formatStatus(run: RunRecord): string {
  const { status, progress } = run
  if (status !== 'running' || progress === undefined || progress.total_steps === 0) return describeStatus(run)
  return `${describeStatus(run)} ${formatProgress(progress.step, progress.total_steps)}`
}
