import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { findDataset } from '../datasets/find-dataset.ts'
import { isModel } from '../engine/model-files.ts'
import { isGgufName } from '../models/open-model.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { ReversalError } from '../support/errors.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { Tracker } from '../tracking/tracker.ts'
import { isUnavailable } from '../tracking/tracker.ts'
import { namedRun, noTaggedRuns } from './find-runs.ts'
import type { EvaluationTarget } from './target.ts'
import { trackedTargets } from './tracked-targets.ts'

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
  /** Whose tags count too. */
  tracker?: Tracker | undefined
  /** Told where the tracker cannot be reached, so that the tags here alone count. */
  onUnavailable?: ((error: ReversalError) => void) | undefined
}

/** The models that a user means. Throws InputError where there is none or one is unknown. */
export async function findTargets(options: FindTargetsOptions): Promise<EvaluationTarget[]> {
  const { store, references, dataset, cwd } = options
  const chosen = dataset === undefined ? undefined : await findDirectory(dataset, cwd)
  // Folders and files of models need no list of runs, and many references no more than one.
  let listing: Promise<RunRecord[]> | undefined
  const known = () => {
    listing ??= store.list()
    return listing
  }
  const targets =
    references.length === 0
      ? await taggedTargets(options)
      : await Promise.all(references.map((reference) => resolveReference(reference, { ...options, known })))
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

/** The runs with the tag, here or on the tracker. */
async function taggedTargets(options: FindTargetsOptions): Promise<EvaluationTarget[]> {
  const { store, tag, tracker, onUnavailable } = options
  const runs = await store.list()
  const targetOf = (run: RunRecord) => runTarget(run, store)
  const here = runs.filter(({ tags }) => tags.includes(tag)).map(targetOf)
  const there =
    tracker === undefined
      ? []
      : await trackedTargets({ ...options, tracker, runs, targetOf }).catch(notReached(onUnavailable))
  const names = here.map(({ name }) => name)
  const targets = [...here, ...there.filter(({ name }) => !names.includes(name))]
  if (targets.length > 0) return targets
  throw noTaggedRuns(tag)
}

/** Takes a tracker that cannot be reached for one that has no runs. */
function notReached(tell: FindTargetsOptions['onUnavailable']) {
  return (error: unknown): EvaluationTarget[] => {
    if (!isUnavailable(error)) throw error
    tell?.(error)
    return []
  }
}

/** Names of models that only OpenAI gives. */
const OPENAI_NAME = /^(openai\/|ft:|gpt-|chatgpt-|o\d|davinci-002$|babbage-002$)/

/** How the IDs of runs begin: of those made here, and of jobs of OpenAI's. */
const RUN_START = /^ft(job)?-/

async function resolveReference(
  reference: string,
  { store, server = false, cwd, known }: FindTargetsOptions & { known: () => Promise<RunRecord[]> },
): Promise<EvaluationTarget> {
  const evaluationsDirectory = join(store.home, 'evaluations')
  const directory = resolve(cwd, reference)
  const model = isGgufName(reference)
    ? { id: reference }
    : (await isModel(directory))
      ? { directory }
      : undefined
  if (model !== undefined) return { name: reference, evaluationsDirectory, model }
  const named = namedRun(await known(), reference)
  if (named !== undefined) return runTarget(named, store)
  const begun = RUN_START.test(reference) ? await store.resolve(reference) : undefined
  if (begun === undefined && (server || OPENAI_NAME.test(reference))) {
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
    runId: run.id,
    datasetDirectory: dataset.directory,
    evaluationsDirectory: store.evaluationsDirectory(run.id),
    model:
      provider === 'local'
        ? { id, directory: join(directory, 'model') }
        : { id, provider, api: dataset.api, system: dataset.system },
  }
}
