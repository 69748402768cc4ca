import { describeHeldOut } from '../../lib/datasets/held-out.ts'
import type { ResultRow } from '../../lib/finetuning/openai/result-file.ts'
import { hasEnded } from '../../lib/finetuning/run-status.ts'
import type { EvaluationSummary } from '../../lib/schemas/evaluation.ts'
import type { RunEvent, RunRecord } from '../../lib/schemas/run.ts'
import {
  formatAgo,
  formatCompactCount,
  formatCount,
  formatDate,
  formatDollars,
  formatLoss,
  formatProgress,
  plural,
} from '../../lib/support/numbers.ts'
import type { ListedRun } from '../../lib/tracking/list-runs.ts'
import type { TrackedState } from '../../lib/tracking/tracker.ts'
import { paint } from '../shell/paint.ts'
import { explainExact, formatMetric, renderSplits } from './evaluation.ts'
import { sparkline } from './sparkline.ts'
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

/** Below this many columns dates, tokens and epochs are left out, and the cost where Weights & Biases takes its room. */
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
  const wide = width === undefined || width >= WIDE
  const asked = runs.some((run) => stateOf(run) !== undefined)
  const withObjective = runs.some(({ hyperparameters }) => hyperparameters.objective !== undefined)
  const withCost = wide || !asked
  const columns: TextColumn[] = [
    { head: 'run' },
    { head: 'model', least: 9 },
    { head: 'tags', least: 3 },
    { head: 'data set', least: 7 },
    ...(withObjective ? [{ head: 'objective', least: 6 }] : []),
    ...(wide ? [{ head: 'epochs', align: 'right' as const }] : []),
    ...(wide ? [{ head: 'tokens', align: 'right' as const }] : []),
    ...(withCost ? [{ head: 'cost', align: 'right' as const }] : []),
    { head: 'created', least: 11 },
    { head: 'status' },
    { head: 'same', align: 'right' },
    { head: 'reverse', align: 'right' },
    ...(asked ? [{ head: runs.some(({ wandb }) => wandb !== undefined) ? 'W&B' : 'tracker', least: 6 }] : []),
  ]
  const rows = runs.map((run) => [
    run.id,
    run.shown_model,
    run.tags.join(', '),
    run.dataset.name,
    ...(withObjective ? [run.hyperparameters.objective ?? ''] : []),
    ...(wide ? [String(run.hyperparameters.n_epochs)] : []),
    ...(wide ? [run.trained_tokens === undefined ? '' : formatCompactCount(run.trained_tokens)] : []),
    ...(withCost ? [formatCost(run)] : []),
    formatAgo(run.created_at, now) + (wide ? ` (${formatDate(run.created_at)})` : ''),
    formatStatus(run),
    ...[run.same_accuracy, run.reverse_accuracy].map((accuracy) =>
      accuracy === null ? '' : formatMetric('share', accuracy),
    ),
    ...(asked ? [formatState(run)] : []),
  ])
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

function formatCost({ cost_usd: cost, cost_is_estimate: estimated }: RunRecord): string {
  if (cost === undefined || cost === null) return ''
  if (cost === 0) return 'free'
  return `${estimated ? '~' : ''}${formatDollars(cost)}`
}

/** Our word for the status of a run and, if different, the server's. */
export function describeStatus({ status, server_status: word }: RunRecord): string {
  return word === undefined || word === status || hasEnded({ status }) ? status : `${status} (${word})`
}

function formatStatus(run: RunRecord): string {
  const { status, progress } = run
  if (status !== 'running' || progress === undefined || progress.total_steps === 0) return describeStatus(run)
  return `${describeStatus(run)} ${formatProgress(progress.step, progress.total_steps)}`
}

/** What `runs:show` shows beside the record of a run. */
export interface RunDetails {
  events: readonly RunEvent[]
  /** Of the result file of a hosted run. */
  results: readonly ResultRow[] | undefined
  evaluations: readonly EvaluationSummary[]
  directory: string
  now: Date
}

/** All about one run: its settings, loss curve and evaluations. */
export function renderRun(run: RunRecord, details: RunDetails): string {
  const { events, evaluations } = details
  return [
    run.id,
    renderTable([{ head: '' }, { head: '' }], factsOf(run, details)).trim(),
    ...section(renderLosses(details)),
    ...section(events.filter(({ type }) => type === 'message').map(renderMessage)),
    ...section(events.filter(({ type }) => type === 'checkpoint' && run.server).map(renderCheckpoint)),
    '',
    evaluations.length === 0
      ? `Not evaluated yet: reversal eval:run ${run.id}`
      : evaluations.map(renderSummary).join('\n\n'),
  ].join('\n')
}

function factsOf(run: RunRecord, { directory, now }: RunDetails): [string, string][] {
  const { dataset, hyperparameters, progress, server, remote } = run
  const tokens = run.trained_tokens ?? progress?.tokens
  const facts: [string, string | undefined][] = [
    ['model', run.fine_tuned_model ?? `${run.provider}/${run.model}`],
    ['label', run.label],
    ['status', [formatStatus(run), run.error].filter(Boolean).join(': ')],
    ['job', server && `${remote?.id ?? 'none yet'} at ${server.base_url}`],
    ['tags', run.tags.join(', ') || undefined],
    [
      'data set',
      `${dataset.name} (${dataset.n_train === undefined ? '? examples' : plural(dataset.n_train, 'example')})`,
    ],
    ['training file', dataset.training_file],
    ['held out', dataset.held_out && describeCheck(dataset.held_out)],
    ['system', dataset.system],
    [
      'hyperparameters',
      Object.entries(hyperparameters)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
    ['created', `${formatDate(run.created_at)} (${formatAgo(run.created_at, now)})`],
    ['trained tokens', tokens === undefined ? undefined : formatCount(tokens)],
    ['cost', [formatCost(run), describePrice(run)].filter(Boolean).join(', ') || undefined],
    ['directory', directory],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined)
}

/** How much of the test the training file gives away. */
function describeCheck(heldOut: NonNullable<RunRecord['dataset']['held_out']>): string {
  return heldOut.lines === 0
    ? 'none of it is in the training file'
    : `the training file ${describeHeldOut(heldOut)}`
}

function describePrice({ price }: RunRecord): string | undefined {
  if (price === undefined) return undefined
  return `at ${formatDollars(price.training)} for 1,000,000 tokens (prices of ${price.date})`
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines]
}

function renderLosses({ events, results }: RunDetails): string[] {
  const columns = [
    ['loss', lossesOf(events, 'step'), 'train_loss'],
    ['validation', lossesOf(events, 'validation'), 'valid_loss'],
  ] as const
  return columns.flatMap(([name, told, column]) => {
    const filed = results?.map((row) => row[column]).filter((loss) => typeof loss === 'number') ?? []
    const losses = filed.length > 0 ? filed : told
    if (losses.length < 2) return []
    return [
      `${name.padEnd(10)}  ${sparkline(losses)}  ${formatLoss(losses[0]!)} → ${formatLoss(losses.at(-1)!)}`,
    ]
  })
}

function lossesOf(events: readonly RunEvent[], type: RunEvent['type']): number[] {
  return events.flatMap((event) =>
    event.type === type && typeof event.loss === 'number' ? [event.loss] : [],
  )
}

function renderMessage({ at, message }: RunEvent): string {
  return `${formatDate(at)}  ${message}`
}

function renderCheckpoint({ step, message, data }: RunEvent): string {
  const { train_loss, valid_loss, full_valid_loss } = (data?.metrics ?? {}) as Record<string, unknown>
  const validation = full_valid_loss ?? valid_loss
  const losses = [
    ...(typeof train_loss === 'number' ? [`loss ${formatLoss(train_loss)}`] : []),
    ...(typeof validation === 'number' ? [`validation ${formatLoss(validation)}`] : []),
  ]
  return `checkpoint after step ${step}: ${[message, ...losses].join(', ')}`
}

function renderSummary(summary: EvaluationSummary): string {
  const { evaluator, dataset, status } = summary
  const heading = `evaluated with ${evaluator.name} on ${dataset.name ?? dataset.directory}: ${status}`
  const partial = 'Not complete: the numbers below cover only part of the prompts and may still change.'
  const notes = status === 'complete' ? [] : [wrapText(partial)]
  const exact = explainExact(summary).map((line) => wrapText(line))
  return [heading, ...notes, renderSplits(summary), ...exact].join('\n')
}
