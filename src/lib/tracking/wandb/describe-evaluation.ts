import { basename, join } from 'node:path'
import { TRAINING_FILE } from '../../datasets/find-dataset.ts'
import type { EvaluationSummary, ScoredSample } from '../../schemas/evaluation.ts'
import { exists, sha256, sha256File } from '../../support/files.ts'
import { readTable, seconds, toldPath } from './describe-run.ts'
import type { RecordRow } from './run-content.ts'
import type { RunFile } from './run-file.ts'
import type { WandbTable } from './table.ts'
import type { Values } from './values.ts'

/** Prefix of the keys of evaluations. */
export const EVALUATION = 'evaluation '

export interface DescribeEvaluationOptions {
  summary: EvaluationSummary
  samples: readonly ScoredSample[]
  /** Start of the run, in seconds since 1970. */
  start: number
  /** Paths below it are sent relative to it. */
  cwd: string
}

/** The W&B description of an evaluation. */
export interface DescribedEvaluation {
  record: RecordRow
  config: Values
  files: RunFile[]
}

/** The part of the description that depends on the evaluator. */
type Figures = Pick<RecordRow, 'metrics' | 'summary' | 'tables'> & { config?: Values; files?: RunFile[] }
type Split = EvaluationSummary['splits'][number]

/** A complete evaluation by the names that the original's scripts gave it on W&B. */
export async function describeEvaluation(options: DescribeEvaluationOptions): Promise<DescribedEvaluation> {
  const { summary, start } = options
  // Samples are journaled as they are scored, in any order.
  const samples = options.samples.toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }))
  const describe = FIGURES[summary.evaluator.name] ?? anyFigures
  const { config = {}, files = [], ...figures } = await describe({ ...options, samples })
  const metrics = { ...figures.metrics, ...noAnswers(summary) }
  const timestamp = seconds(summary.finished_at ?? summary.created_at)
  const digest = sha256(JSON.stringify([summary.splits, samples])).slice(0, 12)
  return {
    record: {
      key: `${EVALUATION}${summary.id} ${digest}`,
      timestamp,
      runtime: timestamp - start,
      ...figures,
      metrics,
    },
    config,
    files,
  }
}

const FIGURES: Readonly<Record<string, (options: DescribeEvaluationOptions) => Promise<Figures>>> = {
  reverse: reverseFigures,
  qa: qaFigures,
}

/** Experiment 1: `{split}_accuracy`, `{split}_mean_log_probs`, a table of each split, and the training set. */
async function reverseFigures({ summary, samples }: DescribeEvaluationOptions): Promise<Figures> {
  const metrics = summary.splits.flatMap(({ split, metrics: { prefix_accuracy, mean_logprob } }) => [
    [`${split}_accuracy`, prefix_accuracy],
    [`${split}_mean_log_probs`, mean_logprob],
  ])
  const training = join(summary.dataset.directory, TRAINING_FILE)
  return {
    metrics: available(metrics),
    summary: {},
    tables: {
      ...((await exists(training)) && { train: await readTable(training) }),
      ...sampleTables(summary, samples),
    },
  }
}

const QA_NAMES: Readonly<Record<string, string>> = {
  realized_examples: 're',
  unrealized_examples: 'ue',
}

/** Experiment 3: `{re|ue}.acc_` and `{re|ue}.logprobs_`, and of what file and how many samples in the config. */
async function qaFigures({ summary, samples, cwd }: DescribeEvaluationOptions): Promise<Figures> {
  const { splits, dataset } = summary
  const name = basename(dataset.directory)
  const fileOf = ({ split }: Split) => join(dataset.directory, `${split}.jsonl`)
  const short = ({ split }: Split) => QA_NAMES[split] ?? split
  const there = []
  for (const split of splits) if (await exists(fileOf(split))) there.push(split)
  return {
    metrics: {},
    summary: available(
      splits.flatMap((split) => [
        [`${short(split)}.acc_`, split.metrics.prefix_accuracy],
        [`${short(split)}.logprobs_`, split.metrics.mean_logprob],
      ]),
    ),
    config: Object.fromEntries(
      splits.flatMap((split) => [
        [`${short(split)}.eval_file`, toldPath(fileOf(split), cwd)],
        [`${short(split)}.eval_samples`, split.samples],
      ]),
    ),
    tables: Object.fromEntries(
      Object.entries(sampleTables(summary, samples)).map(([split, table]) => [
        `table_${name}/${split}`,
        table,
      ]),
    ),
    files: await Promise.all(
      there.map(async (split) => ({
        name: `${name}/${split.split}.jsonl`,
        sha256: await sha256File(fileOf(split)),
        content: { path: fileOf(split) },
      })),
    ),
  }
}

/** Any other evaluator: `{split}_{metric}` and a table of each split with all measures. */
async function anyFigures({ summary, samples }: DescribeEvaluationOptions): Promise<Figures> {
  const metrics = summary.splits.flatMap(({ split, metrics: own }) =>
    Object.entries(own).map(([metric, value]) => [`${split}_${metric}`, value]),
  )
  const measures = [...new Set(samples.flatMap((sample) => Object.keys(sample.measures)))]
  const columns = measures.map((name): SampleColumn => [name, (sample) => sample.measures[name] ?? null])
  return { metrics: available(metrics), summary: {}, tables: sampleTables(summary, samples, columns) }
}

type SampleColumn = [name: string, value: (sample: ScoredSample) => unknown]

/** The measures that the original put into its tables. */
const ORIGINAL: readonly SampleColumn[] = [
  ['matched_', ({ measures: { prefix_match: match } }) => (typeof match === 'number' ? match === 1 : null)],
  ['logprobs_', ({ measures }) => measures.logprob ?? null],
]

/** A table of each split that has samples. */
function sampleTables(
  { splits }: EvaluationSummary,
  samples: readonly ScoredSample[],
  measures: readonly SampleColumn[] = ORIGINAL,
): Record<string, WandbTable> {
  const columns: SampleColumn[] = [
    ['prompt', ({ prompt }) => prompt],
    ['target', ({ target }) => target],
    ...measures,
    ['completion_', ({ completions }) => completions[0] ?? null],
  ]
  const tables = splits.flatMap(({ split }): [string, WandbTable][] => {
    const own = samples.filter((sample) => sample.split === split)
    const rows = own.map((sample) => columns.map(([, value]) => value(sample)))
    return rows.length === 0 ? [] : [[split, { columns: columns.map(([name]) => name), rows }]]
  })
  return Object.fromEntries(tables)
}

/** `{split}_empty` and similar keys: how many prompts got no answer, if any. */
function noAnswers({ splits }: EvaluationSummary): Values {
  return Object.fromEntries(
    splits.flatMap(({ split, no_answers = {} }) =>
      Object.entries(no_answers)
        .filter(([, count]) => count > 0)
        .map(([kind, count]) => [`${split}_${kind}`, count]),
    ),
  )
}

/** Only the measured metrics. */
function available(metrics: readonly (readonly (string | number | null | undefined)[])[]): Values {
  return Object.fromEntries(metrics.filter(([, value]) => typeof value === 'number'))
}
