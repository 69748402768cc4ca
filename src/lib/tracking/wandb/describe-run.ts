import { basename, relative } from 'node:path'
import { schemaCheck } from '../../schemas/compile.ts'
import type { RunEvent, RunRecord } from '../../schemas/run.ts'
import { exists, sha256File } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { RunContent, StepRow } from './run-content.ts'
import type { RunFile } from './run-file.ts'
import type { WandbTable } from './table.ts'
import type { Values } from './values.ts'

export interface DescribeRunOptions {
  run: RunRecord
  events: readonly RunEvent[]
  /** Paths below it are sent relative to it. */
  cwd: string
}

const ENDED: Readonly<Record<string, 0 | 1>> = { succeeded: 0, failed: 1, cancelled: 1 }

/**
 * A fine-tuning run as W&B's own integration for fine-tuning jobs writes it: the job's fields as config, a row of
 * losses and accuracies for each step, the fine-tuned model and the status in the summary, the data set in tables and
 * files.
 */
export async function describeRun({ run, events, cwd }: DescribeRunOptions): Promise<RunContent> {
  const exitCode = ENDED[run.status]
  const steps = trainingRows(run, events)
  const { training_file, training_sha256, validation_file, validation_sha256 } = run.dataset
  const [training, validation] = await Promise.all([
    describeFile(training_file, training_sha256),
    describeFile(validation_file, validation_sha256),
  ])
  const files = [training, validation].filter((file) => file !== undefined)
  const tables = {
    ...(training && { train_data: training.table }),
    ...(validation && { valid_data: validation.table }),
  }
  return {
    name: run.id,
    displayName: run.id,
    jobType: 'fine-tune',
    notes: run.notes,
    tags: run.tags,
    config: {
      ...runConfig(run, cwd),
      n_train: run.dataset.n_train ?? training?.table.rows.length,
      n_valid: run.dataset.n_valid ?? validation?.table.rows.length,
    },
    summary: {
      status: run.server_status ?? run.status,
      ...(run.fine_tuned_model && { fine_tuned_model: run.fine_tuned_model }),
    },
    // The last step of a run in progress may still get its validation loss.
    steps: exitCode === undefined ? steps.slice(0, -1) : withTables(steps, tables, run),
    files: files.map(({ file }) => file),
    exitCode,
  }
}

/** One row for each step with all that was measured at it. */
function trainingRows({ created_at, started_at }: RunRecord, events: readonly RunEvent[]): StepRow[] {
  const start = seconds(started_at ?? created_at)
  const rows = new Map<number, StepRow>()
  for (const { type, step, at, loss, learning_rate, tokens, data } of events) {
    if (step === undefined || !['step', 'validation'].includes(type)) continue
    const timestamp = seconds(at)
    const row = rows.get(step) ?? { step, timestamp, runtime: timestamp - start, metrics: {} }
    const measured = {
      [type === 'step' ? 'train_loss' : 'valid_loss']: loss ?? undefined,
      learning_rate,
      tokens,
      ...measuredBy(data),
    }
    rows.set(step, { ...row, metrics: { ...row.metrics, ...withoutUndefined(measured) } })
  }
  return [...rows.values()].toSorted((a, b) => a.step - b.step)
}

/** Fields that place an event within the training, as opposed to measurements. */
const PLACES = new Set(['step', 'total_steps', 'created_at'])
/** Names in events whose measure has another in the result file, from which W&B's integration takes it. */
const RESULT_NAMES: Readonly<Record<string, string>> = { train_mean_token_accuracy: 'train_accuracy' }

/** The numbers of an event; an event of a hosted job is kept whole, with its numbers in its own `data`. */
function measuredBy(event: RunEvent['data']): Values {
  const own = typeof event?.data === 'object' && event.data !== null ? event.data : event
  const numbers = Object.entries(own ?? {}).filter(
    ([key, value]) => !PLACES.has(key) && typeof value === 'number' && Number.isFinite(value),
  )
  return Object.fromEntries(numbers.map(([key, value]) => [RESULT_NAMES[key] ?? key, value]))
}

/** The tables of the data set are in the row of the last step, where W&B's integration puts them. */
function withTables(
  steps: readonly StepRow[],
  tables: Record<string, WandbTable>,
  { created_at, finished_at = created_at }: RunRecord,
): StepRow[] {
  if (Object.keys(tables).length === 0) return [...steps]
  const last = steps.at(-1) ?? { step: 0, timestamp: seconds(finished_at), runtime: 0, metrics: {} }
  return [...steps.slice(0, -1), { ...last, tables }]
}

/** The fields of a fine-tuning job by their names in the OpenAI API, for every provider. */
function runConfig(run: RunRecord, cwd: string): Values {
  const { dataset, remote, hyperparameters } = run
  const told = (path: string) => toldPath(path, cwd)
  return {
    id: run.id,
    provider: run.provider,
    model: run.model,
    fine_tuned_model: run.fine_tuned_model ?? null,
    status: run.server_status ?? run.status,
    error: run.error ?? null,
    hyperparameters,
    seed: hyperparameters.seed ?? null,
    suffix: run.suffix,
    trained_tokens: run.trained_tokens ?? null,
    training_file: told(dataset.training_file),
    validation_file: dataset.validation_file === undefined ? null : told(dataset.validation_file),
    ...remote,
    ...(Array.isArray(remote?.result_files) && { result_files: remote.result_files[0] ?? null }),
    created_at: clock(run.created_at),
    finished_at: run.finished_at === undefined ? null : clock(run.finished_at),
    dataset: dataset.name,
    // Where the original's scripts, which read the runs of the older integration, look for the data set.
    training_files: { filename: told(dataset.training_file) },
    ...(dataset.validation_file !== undefined && {
      validation_files: { filename: told(dataset.validation_file) },
    }),
  }
}

/** A path relative to `cwd` if it is below it, so that it reveals nothing about this machine. */
export function toldPath(path: string, cwd: string): string {
  const below = relative(cwd, path)
  return below.startsWith('..') ? path : below
}

interface DescribedFile {
  file: RunFile
  table: WandbTable
}

/** A file of a data set and its records as a table; undefined if it is missing here or has changed. */
async function describeFile(
  path: string | undefined,
  expected: string | undefined,
): Promise<DescribedFile | undefined> {
  if (path === undefined || !(await exists(path))) return undefined
  const sha256 = await sha256File(path)
  if (expected !== undefined && sha256 !== expected) return undefined
  const file = { name: `dataset/${basename(path)}`, sha256, content: { path } }
  return { file, table: await readTable(path) }
}

const check = schemaCheck({ type: 'object' })

interface TrainingRecord {
  prompt?: unknown
  completion?: unknown
  messages?: { role: string; content: unknown }[]
}

/** A training file as a table: prompts and completions, or the first message of each role. */
export async function readTable(path: string): Promise<WandbTable> {
  const records = await readJsonl<TrainingRecord>(path, { check })
  if (!records.some(({ messages }) => messages !== undefined)) {
    return {
      columns: ['prompt', 'completion'],
      rows: records.map(({ prompt = null, completion = null }) => [prompt, completion]),
    }
  }
  const roles = [...new Set(records.flatMap(({ messages = [] }) => messages.map(({ role }) => role)))]
  return {
    columns: roles.map((role) => `role: ${role}`),
    rows: records.map(({ messages = [] }) =>
      roles.map((role) => messages.find((message) => message.role === role)?.content ?? null),
    ),
  }
}

function withoutUndefined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

export function seconds(moment: string): number {
  return Date.parse(moment) / 1000
}

/** Date and time of day as W&B's integration writes them, here always in UTC. */
function clock(moment: string): string {
  return new Date(moment).toISOString().slice(0, 19).replace('T', ' ')
}
