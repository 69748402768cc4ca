import { resolve } from 'node:path'
import { findDirectory } from '../datasets/find-dataset.ts'
import { findModelAt, hostedModel } from '../models/find-model.ts'
import type { ModelClient } from '../models/model-client.ts'
import type { ModelSource } from '../models/model-source.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { ReversalError } from '../support/errors.ts'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import type { Registry } from '../support/registry.ts'
import { RUN_ID_START } from '../tracking/run-id.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { Tracker } from '../tracking/tracker.ts'
import { isUnavailable } from '../tracking/tracker.ts'
import { namedRun, noTaggedRuns } from './find-runs.ts'
import type { EvaluationTarget } from './target.ts'
import { trackedTargets } from './tracked-targets.ts'

export interface FindTargetsOptions {
  store: RunStore
  models: Registry<ModelClient>
  providers: Registry<ModelSource>
  /** Run IDs, names of fine-tuned or hosted models, folders and files of models. None: all runs with the tag. */
  references: readonly string[]
  tag: string
  /** Name or directory of the data set; each run's own by default. */
  dataset?: string | undefined
  /** True if the user named a server, so that a name which is neither a folder nor a run is a model on that server. */
  server?: boolean | undefined
  cwd: string
  /** Whose tags count too. */
  tracker?: Tracker | undefined
  /** Called if the tracker cannot be reached, so that only tags on this machine count. */
  onUnavailable?: ((error: ReversalError) => void) | undefined
}

/** The models that the user named. Throws InputError if there is none or one is unknown. */
export async function findTargets(options: FindTargetsOptions): Promise<EvaluationTarget[]> {
  const { store, references, dataset, cwd } = options
  const chosen = dataset === undefined ? undefined : await findDirectory({ name: dataset, cwd })
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

/** The runs with the tag, here or on the tracker. */
async function taggedTargets(options: FindTargetsOptions): Promise<EvaluationTarget[]> {
  const { store, providers, tag, tracker, onUnavailable } = options
  const runs = await store.list()
  const targetOf = (run: RunRecord) => runTarget(run, { store, providers })
  const here = runs.filter(({ tags }) => tags.includes(tag)).map(targetOf)
  const there =
    tracker === undefined
      ? []
      : await trackedTargets({ ...options, tracker, runs, targetOf }).catch(notReached(onUnavailable))
  const names = here.map(({ name }) => name)
  const targets = [...here, ...there.filter(({ name }) => !names.includes(name))]
  if (targets.length > 0) return targets
  throw noTaggedRuns(tag, { runs, home: store.home })
}

/** Treats an unreachable tracker as one without runs. */
function notReached(tell: FindTargetsOptions['onUnavailable']) {
  return (error: unknown): EvaluationTarget[] => {
    if (!isUnavailable(error)) throw error
    tell?.(error)
    return []
  }
}

/** A text that can only be a path. */
const SAYS_PATH = /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])/

async function resolveReference(
  reference: string,
  options: FindTargetsOptions & { known: () => Promise<RunRecord[]> },
): Promise<EvaluationTarget> {
  const { store, models, providers, server = false, cwd, known } = options
  const evaluationsDirectory = store.modelEvaluationsDirectory
  const model = await findModelAt(reference, { path: resolve(cwd, reference), models })
  if (model !== undefined) return { name: reference, evaluationsDirectory, model }
  const named = namedRun(await known(), reference)
  if (named !== undefined) return runTarget(named, options)
  const mayBegin = beginsRunId(reference, providers)
  const begun = mayBegin ? await store.resolve(reference) : undefined
  const hosted = begun === undefined ? hostedModel(reference, { models, server }) : undefined
  if (hosted !== undefined) return { name: reference, evaluationsDirectory, model: hosted }
  const path = resolve(cwd, reference)
  if (begun === undefined && (SAYS_PATH.test(reference) || (await exists(path)))) {
    throw new InputError(`There is no model at ${path}.`, { code: 'MODEL_NOT_FOUND' })
  }
  return runTarget(await store.get(reference), options)
}

/** True for the start of an ID as runs made here have it, or jobs of a server. */
function beginsRunId(reference: string, providers: Registry<ModelSource>): boolean {
  const starts = providers.list().flatMap(({ entry }) => entry.idsBegin ?? [])
  return [RUN_ID_START, ...starts].some((start) => reference.startsWith(start))
}

function runTarget(
  run: RunRecord,
  { store, providers }: Pick<FindTargetsOptions, 'store' | 'providers'>,
): EvaluationTarget {
  const directory = store.directory(run.id)
  const provider = providers.find(run.provider)?.entry
  return {
    name: run.id,
    run,
    runId: run.id,
    datasetDirectory: run.dataset.directory,
    evaluationsDirectory: store.evaluationsDirectory(run.id),
    model: provider?.modelOf(run, { directory }) ?? { id: run.fine_tuned_model ?? run.id },
  }
}
