import { plural } from '../../support/numbers.ts'
import type { RunEvidence } from '../evidence/evidence.ts'
import type { Column, Row, Table } from '../report.ts'
import { startOfHash } from './checksums.ts'
import { FEW } from './finding-words.ts'

const COLUMNS: Column[] = [
  { key: 'run', head: 'run', format: 'text' },
  { key: 'model', head: 'model', format: 'text', detail: true },
  { key: 'dataset', head: 'data set', format: 'text' },
  {
    key: 'training_sha256',
    head: 'training file',
    format: 'text',
    detail: true,
    hint: 'start of its SHA-256',
  },
  {
    ...{ key: 'trained_prompts', head: 'test prompts in training', format: 'count', detail: true },
    hint: 'test prompts of the data set in the run’s own training file',
  },
  {
    ...{ key: 'trained_facts', head: 'facts in held-out order', format: 'count', detail: true },
    hint: 'facts that the training file states in the held-out order',
  },
  { key: 'data_seed', head: 'data seed', format: 'number', detail: true },
  { key: 'seed', head: 'seed', format: 'number' },
  { key: 'examples', head: 'examples', format: 'count', detail: true },
  { key: 'trained_tokens', head: 'tokens', format: 'count', detail: true },
  { key: 'training_s', head: 'time', format: 'duration' },
  { key: 'cost_usd', head: 'cost', format: 'usd', detail: true },
  { key: 'status', head: 'status', format: 'text' },
  { key: 'tool_version', head: 'version', format: 'text', detail: true },
]

/** Hyperparameters whose names would make wide columns. */
const HEADS: Readonly<Record<string, string>> = {
  n_epochs: 'epochs',
  batch_size: 'batch',
  learning_rate_multiplier: 'rate ×',
}

/** The runs, one row each. */
export function runsTable(runs: readonly RunEvidence[]): Table {
  const hyperparameters = [...new Set(runs.flatMap(({ run }) => Object.keys(run.hyperparameters)))].filter(
    (key) => key !== 'seed',
  )
  return {
    name: 'runs',
    title: 'Runs',
    columns: COLUMNS.toSpliced(
      8,
      0,
      ...hyperparameters.map((key) => ({
        ...{ key, head: HEADS[key] ?? key.replaceAll('_', ' '), format: 'number' as const },
      })),
    ),
    rows: runs.map((own) => runRow(own, hyperparameters)),
    notes: [
      'The data seed decides the draw of facts; the seed decides initial weights and the order of texts.',
    ],
  }
}

function runRow({ run, manifest, heldOut, seconds }: RunEvidence, hyperparameters: readonly string[]): Row {
  const { dataset } = run
  return {
    run: run.id,
    model: run.fine_tuned_model ?? `${run.provider}/${run.model}`,
    dataset: dataset.name,
    training_sha256: dataset.training_sha256 === undefined ? null : startOfHash(dataset.training_sha256),
    trained_prompts: heldOut?.prompts ?? null,
    trained_facts: heldOut?.facts ?? null,
    data_seed: manifest?.seed ?? null,
    seed: run.hyperparameters.seed ?? null,
    ...Object.fromEntries(hyperparameters.map((key) => [key, cell(run.hyperparameters[key])])),
    examples: dataset.n_train ?? null,
    trained_tokens: run.trained_tokens ?? null,
    training_s: seconds ?? null,
    cost_usd: run.cost_usd ?? null,
    status: run.status,
    tool_version: run.tool_version,
  }
}

function cell(value: unknown): string | number | null {
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

/** Runs whose test was in their training data. */
export function trainedOnTests(rows: readonly Row[]): string[] {
  const given = rows.filter(
    ({ trained_prompts: prompts, trained_facts: facts }) => Number(prompts) + Number(facts) > 0,
  )
  if (given.length > FEW) {
    return [
      `${plural(given.length, 'run')} were trained on test prompts of their data set or on facts in the held-out order; the table of runs counts these. Their results on these are no evidence.`,
    ]
  }
  return given.map(
    ({ run, trained_prompts: prompts, trained_facts: facts }) =>
      `${run} was trained on ${plural(Number(prompts), 'test prompt')} of its data set and on ${plural(Number(facts), 'fact')} in the held-out order: its results on these are no evidence.`,
  )
}
