import { join } from 'node:path'
import { readManifest } from '../../datasets/write-dataset.ts'
import { schemaCheck } from '../../schemas/compile.ts'
import type { ScoredSample } from '../../schemas/evaluation.ts'
import { scoredSampleSchema } from '../../schemas/evaluation.ts'
import { InputError } from '../../support/errors.ts'
import { exists } from '../../support/files.ts'
import { readJsonl } from '../../support/jsonl.ts'
import type { RunStore } from '../run-store.ts'
import { datasetRunName, describeDataset } from './describe-dataset.ts'
import { describeEvaluation } from './describe-evaluation.ts'
import { describeRun, seconds } from './describe-run.ts'
import type { RunContent } from './run-content.ts'
import { readMemory } from './wandb-memory.ts'

const checkSample = schemaCheck(scoredSampleSchema)

interface DescribeStoredOptions {
  store: RunStore
  cwd: string
}

/** Everything this machine holds about a run, or about a data set's run. */
export async function describeStored(name: string, options: DescribeStoredOptions): Promise<RunContent> {
  const { store, cwd } = options
  const { dataset } = await readMemory(store.directory(name))
  if (dataset !== undefined) {
    const manifest = await readManifest(dataset)
    if (manifest !== undefined && datasetRunName(manifest) === name) {
      return describeDataset({ directory: dataset, manifest, cwd })
    }
    throw new InputError(`${dataset} no longer holds the data set of ${name}.`, { code: 'DATASET_NOT_FOUND' })
  }
  const run = await store.find(name)
  const content: RunContent =
    run === undefined ? { name } : await describeRun({ run, events: await store.events(name), cwd })
  const start = run === undefined ? undefined : seconds(run.started_at ?? run.created_at)
  const evaluations = await describeEvaluations(name, start, options)
  if (evaluations.length === 0) return content
  return {
    ...content,
    config: Object.assign({}, content.config, ...evaluations.map(({ config }) => config)),
    records: evaluations.map(({ record }) => record),
    files: [...(content.files ?? []), ...evaluations.flatMap(({ files }) => files)],
  }
}

/** Complete evaluations, the earliest first. */
async function describeEvaluations(
  name: string,
  start: number | undefined,
  { store, cwd }: DescribeStoredOptions,
) {
  const summaries = (await store.evaluations(name))
    .filter(({ status }) => status === 'complete')
    .toSorted((a, b) => a.created_at.localeCompare(b.created_at))
  return Promise.all(
    summaries.map(async (summary) => {
      const file = join(store.evaluationsDirectory(name), summary.id, 'samples.jsonl')
      const samples = (await exists(file))
        ? await readJsonl<ScoredSample>(file, { check: checkSample, allowEmpty: true, journal: true })
        : []
      return describeEvaluation({ summary, samples, start: start ?? seconds(summary.created_at), cwd })
    }),
  )
}
