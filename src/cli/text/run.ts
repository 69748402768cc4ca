import { describeHeldOut } from '../../lib/datasets/held-out.ts'
import type { ResultRow } from '../../lib/finetuning/openai/result-file.ts'
import type { EvaluationSummary } from '../../lib/schemas/evaluation.ts'
import type { RunEvent, RunRecord } from '../../lib/schemas/run.ts'
import {
  formatAgo,
  formatCount,
  formatDate,
  formatDollars,
  formatLoss,
  plural,
} from '../../lib/support/numbers.ts'
import { explainExact, renderSplits } from './evaluation.ts'
import { formatCost, formatStatus } from './runs.ts'
import { sparkline } from './sparkline.ts'
import { renderTable, wrapText } from './table.ts'

/** What `runs:show` shows in addition to the record of a run. */
export interface RunDetails {
  events: readonly RunEvent[]
  /** Rows of a hosted run's result file. */
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
