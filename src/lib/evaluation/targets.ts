import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findDataset } from '../datasets/find-dataset.ts'
import { isModel } from '../engine/model-files.ts'
import type { ModelReference } from '../models/open-model.ts'
import { isGgufName } from '../models/open-model.ts'
import type { RunRecord } from '../schemas/run.ts'
import { InputError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'

/** A model to evaluate, on a data set. */
export interface EvaluationTarget {
  /** As users know it: a run's ID, the folder of a model, the name of a hosted one, or `gguf:PATH`. */
  name: string
  run?: RunRecord
  /** Absolute; absent where neither the user nor the run names one. */
  datasetDirectory?: string | undefined
  /** Absolute; holds a folder for each evaluation of the model. */
  evaluationsDirectory: string
  model: ModelReference
}

export interface FindTargetsOptions {
  store: RunStore
  /** Run IDs, names of fine-tuned or hosted models, folders of models, `gguf:PATH`. None: all runs with the tag. */
  references: readonly string[]
  tag: string
  /** Name or directory of the data set; each run's own where it is not given. */
  dataset?: string | undefined
  /** A server was named, so that what is neither a folder nor a run is a model of that server. */
  server?: boolean | undefined
  cwd: string
}

/** The models that a user means. Throws InputError where there is none or one is unknown. */
export async function findTargets(options: FindTargetsOptions): Promise<EvaluationTarget[]> {
  const { store, references, tag, dataset, cwd } = options
  const chosen = dataset === undefined ? undefined : await findDirectory(dataset, cwd)
  const targets =
    references.length === 0
      ? (await taggedRuns(store, tag)).map((run) => runTarget(run, store))
      : await Promise.all(references.map((reference) => resolveReference(reference, options)))
  return targets.map((target) => ({ ...target, datasetDirectory: chosen ?? target.datasetDirectory }))
}

/** Any directory will do, as data sets of plugins need not be such as models are trained on. */
async function findDirectory(name: string, cwd: string): Promise<string> {
  const path = resolve(cwd, name)
  const isDirectory = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
  return isDirectory ? path : (await findDataset({ name, cwd })).directory
}

async function taggedRuns(store: RunStore, tag: string): Promise<RunRecord[]> {
  const runs = (await store.list()).filter(({ tags }) => tags.includes(tag))
  if (runs.length > 0) return runs
  throw new InputError(`No run has the tag ${tag}.`, {
    code: 'NO_TAGGED_RUNS',
    suggestions: [`tag one: reversal runs:tag RUN_ID ${tag}`, 'or say which: reversal eval:run RUN_ID'],
  })
}

/** Names of models that only OpenAI gives. */
const OPENAI_NAME = /^(openai\/|ft:|gpt-|chatgpt-|o\d|davinci-002$|babbage-002$)/

async function resolveReference(
  reference: string,
  { store, server = false, cwd }: FindTargetsOptions,
): Promise<EvaluationTarget> {
  const evaluationsDirectory = join(store.home, 'evaluations')
  const directory = resolve(cwd, reference)
  const model = isGgufName(reference)
    ? { id: reference }
    : (await isModel(directory))
      ? { directory }
      : undefined
  if (model !== undefined) return { name: reference, evaluationsDirectory, model }
  const runs = await store.list()
  const named = runs.find(({ id, fine_tuned_model }) => [id, fine_tuned_model].includes(reference))
  if (named !== undefined) return runTarget(named, store)
  if (server || OPENAI_NAME.test(reference)) {
    // Servers of others have models with a slash in their names, such as openai/gpt-oss-20b.
    const id = server ? reference : reference.replace(/^openai\//, '')
    return { name: reference, evaluationsDirectory, model: { id, provider: 'openai' } }
  }
  return runTarget(await store.get(reference), store)
}

function runTarget(run: RunRecord, store: RunStore): EvaluationTarget {
  const directory = store.directory(run.id)
  const { provider, dataset } = run
  const id = run.fine_tuned_model ?? `${provider}/${run.model}:${run.id}`
  return {
    name: run.id,
    run,
    datasetDirectory: dataset.directory,
    evaluationsDirectory: store.evaluationsDirectory(run.id),
    model:
      provider === 'local'
        ? { id, directory: join(directory, 'model') }
        : { id, provider, api: dataset.api, system: dataset.system },
  }
}
