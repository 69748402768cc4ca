import { basename, join } from 'node:path'
import { TRAINING_FILE, VALIDATION_FILE } from '../../datasets/find-dataset.ts'
import { qaEvaluator } from '../../evaluation/qa-evaluator.ts'
import { fromArguments } from '../../evaluation/question.ts'
import { reverseEvaluator } from '../../evaluation/reverse-evaluator.ts'
import { DEFAULT_MAX_SAMPLES } from '../../evaluation/run-evaluation.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { commandLine } from '../../support/command-line.ts'
import type { ComparedFile, Evidence, RunEvidence } from '../evidence/evidence.ts'
import type { Column, Row, Section } from '../report.ts'
import { DEFAULT_MARGIN } from './figure4.ts'
import { hostedEvaluationFlags, hostedTrainingFlags } from './hosted-flags.ts'

/** Characters of a checksum that tell files apart. */
const HASH_LENGTH = 12

const RUN_COLUMNS: Column[] = [
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
    ...{ key: 'trained_prompts', head: 'test prompts trained', format: 'count', detail: true },
    hint: 'test prompts of the data set that the training file holds, where it is not the data set’s own',
  },
  {
    ...{ key: 'trained_facts', head: 'facts told in reverse', format: 'count', detail: true },
    hint: 'facts that the training file tells in the order that is held out',
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

const EVALUATION_COLUMNS: Column[] = [
  { key: 'evaluation', head: 'evaluation', format: 'text' },
  { key: 'run', head: 'run', format: 'text' },
  { key: 'evaluator', head: 'evaluator', format: 'text' },
  {
    key: 'dataset_sha256',
    head: 'data set',
    format: 'text',
    detail: true,
    hint: 'start of the SHA-256 over its files',
  },
  { key: 'arguments', head: 'arguments', format: 'text', detail: true },
  { key: 'prompts', head: 'prompts', format: 'count' },
  { key: 'evaluation_s', head: 'time', format: 'duration' },
  { key: 'created_at', head: 'begun', format: 'text', detail: true },
  { key: 'tool_version', head: 'version', format: 'text', detail: true },
]

const FILE_COLUMNS: Column[] = [
  { key: 'file', head: 'file', format: 'text' },
  { key: 'sha256', head: 'checksum', format: 'text', hint: 'start of its SHA-256' },
  { key: 'model', head: 'model', format: 'text' },
  { key: 'pairs', head: 'pairs', format: 'count' },
]

interface ProvenanceOptions {
  name: string
  celebrities: readonly ComparedFile[]
  celebritiesCommand?: string | undefined
  margin: number
  machine: string
}

/** What was run, and the commands that make it again. */
export function provenanceSection({ runs }: Evidence, options: ProvenanceOptions): Section {
  const { celebrities, machine } = options
  const hyperparameters = [...new Set(runs.flatMap(({ run }) => Object.keys(run.hyperparameters)))].filter(
    (key) => key !== 'seed',
  )
  return {
    id: 'provenance',
    title: 'What was run',
    text: [machine],
    figures: [],
    ...(runs.length + celebrities.length > 0 && { commands: commandsFor(runs, options) }),
    tables: [
      {
        name: 'runs',
        title: 'Runs',
        columns: RUN_COLUMNS.toSpliced(
          8,
          0,
          ...hyperparameters.map((key) => ({
            ...{ key, head: HEADS[key] ?? key.replaceAll('_', ' '), format: 'number' as const },
          })),
        ),
        rows: runs.map((own) => runRow(own, hyperparameters)),
        notes: [
          'Seeds decide the draw of facts (data seed) and the first weights and order of texts (seed).',
        ],
      },
      {
        name: 'evaluations',
        title: 'Evaluations',
        columns: EVALUATION_COLUMNS,
        rows: runs.flatMap(evaluationRows),
        notes: [],
      },
      {
        name: 'result_files',
        title: 'Files of results on celebrities',
        columns: FILE_COLUMNS,
        rows: celebrities.map(({ file, sha256, model, pairs }) => ({
          ...{ file, sha256: sha256.slice(0, HASH_LENGTH), model, pairs },
        })),
        notes: [],
      },
    ].filter(({ rows }) => rows.length > 0),
  }
}

function runRow({ run, manifest, heldOut }: RunEvidence, hyperparameters: readonly string[]): Row {
  const { dataset } = run
  return {
    run: run.id,
    model: run.fine_tuned_model ?? `${run.provider}/${run.model}`,
    dataset: dataset.name,
    training_sha256: dataset.training_sha256?.slice(0, HASH_LENGTH) ?? null,
    trained_prompts: heldOut?.prompts ?? null,
    trained_facts: heldOut?.facts ?? null,
    data_seed: manifest?.seed ?? null,
    seed: run.hyperparameters.seed ?? null,
    ...Object.fromEntries(hyperparameters.map((key) => [key, cell(run.hyperparameters[key])])),
    examples: dataset.n_train ?? null,
    trained_tokens: run.trained_tokens ?? null,
    training_s: secondsOf(run),
    cost_usd: run.cost_usd ?? null,
    status: run.status,
    tool_version: run.tool_version,
  }
}

function secondsOf({ started_at: start, finished_at: end }: RunRecord): number | null {
  return start === undefined || end === undefined ? null : (Date.parse(end) - Date.parse(start)) / 1000
}

function evaluationRows({ run, evaluations }: RunEvidence): Row[] {
  return evaluations.map((summary) => ({
    evaluation: summary.id,
    run: run.id,
    evaluator: `${summary.evaluator.name} v${summary.evaluator.version}`,
    dataset_sha256: summary.dataset.hash.slice(0, HASH_LENGTH),
    arguments: Object.entries(summary.arguments)
      .map(([key, value]) => (Array.isArray(value) ? `${value.length} ${key}` : `${key} ${value}`))
      .join(', '),
    prompts: summary.splits.reduce((sum, { samples }) => sum + samples, 0),
    evaluation_s: summary.duration_s ?? null,
    created_at: summary.created_at,
    tool_version: summary.tool_version ?? null,
  }))
}

function cell(value: unknown): string | number | null {
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

/** From facts to this report. New runs get new IDs, so they are found again by a tag. */
function commandsFor(
  runs: readonly RunEvidence[],
  { name, celebrities, celebritiesCommand, margin }: ProvenanceOptions,
): string[] {
  const datasets = runs.flatMap(({ manifest }) => manifest?.command ?? [])
  const training = runs.map(({ run }) => trainingCommand(run, name))
  const evaluations = runs.flatMap(({ run, evaluations: own }) =>
    own.map((summary) => evaluationCommand(summary, { run, tag: name })),
  )
  const report = commandLine('eval:report', {
    flags: {
      tag: name,
      celebrities: celebrities.map(({ file }) => file),
      ...(margin !== DEFAULT_MARGIN && { margin }),
    },
  })
  const asked = celebritiesCommand === undefined ? [] : [celebritiesCommand]
  return [...new Set([...datasets, ...training, ...evaluations, ...asked, report])]
}

function trainingCommand(run: RunRecord, tag: string): string {
  const { provider, model, dataset, hyperparameters, suffix, label } = run
  const { directory, training_file: training, validation_file: validation } = dataset
  const own = (file: string, usual: string) =>
    directory !== undefined && file === join(directory, usual) ? undefined : file
  const settings = Object.entries(hyperparameters).flatMap(([key, value]) =>
    typeof value === 'number' ? [[key.replaceAll('_', '-'), value] as const] : [],
  )
  return commandLine('finetune:start', {
    flags: {
      ...(provider !== 'local' && { provider }),
      'model-name': model,
      ...(directory !== undefined && { 'dataset-name': datasetReference(directory) }),
      'training-file': own(training, TRAINING_FILE),
      'validation-file': validation && own(validation, VALIDATION_FILE),
      ...Object.fromEntries(settings),
      suffix,
      label,
      ...hostedTrainingFlags(run),
      tag,
    },
  })
}

/** With what differs from the flags' defaults. */
function evaluationCommand(
  summary: EvaluationSummary,
  { run, tag }: { run: RunRecord; tag: string },
): string {
  const { evaluator: asking, dataset, arguments: asked } = summary
  const { name } = asking
  const evaluator = [reverseEvaluator, qaEvaluator].find((own) => own.name === name)
  const { splits, maxSamples: samples, maxTokens: tokens, rankAll } = fromArguments(asked)
  const all = splits === undefined || (evaluator?.splits ?? splits).every((split) => splits.includes(split))
  return commandLine('eval:run', {
    flags: {
      tag,
      evaluator: name,
      ...(dataset.directory !== run.dataset.directory && {
        'dataset-name': datasetReference(dataset.directory),
      }),
      ...(!all && { split: splits }),
      ...(samples !== DEFAULT_MAX_SAMPLES && { 'max-samples': samples }),
      ...(tokens !== evaluator?.maxTokens && { 'max-tokens': tokens }),
      'rank-all': rankAll === true,
      ...hostedEvaluationFlags(summary, run),
    },
  })
}

/** The name of a data set that is found by its name, below a folder `data`; else its directory. */
function datasetReference(directory: string): string {
  return /[/\\]data[/\\][^/\\]+[/\\][^/\\]+$/.test(directory) ? basename(directory) : directory
}
