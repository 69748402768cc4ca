import { basename, dirname, resolve } from 'node:path'
import { findDataset } from '../datasets/find-dataset.ts'
import { hostedModel, prefixedModel } from '../models/find-model.ts'
import type { ModelClient, ModelReference } from '../models/model-client.ts'
import type { ModelSource } from '../models/model-source.ts'
import type { RunRecord } from '../schemas/run.ts'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import type { Registry } from '../support/registry.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { TrackedRun, Tracker } from '../tracking/tracker.ts'
import type { EvaluationTarget } from './target.ts'

export interface TrackedTargetsOptions {
  tracker: Tracker
  store: RunStore
  models: Registry<ModelClient>
  providers: Registry<ModelSource>
  tag: string
  /** Runs of this machine. */
  runs: readonly RunRecord[]
  targetOf: (run: RunRecord) => EvaluationTarget
  cwd: string
}

/**
 * The runs with a tag on a tracker. Those that this machine has, by ID or by fine-tuned model, are evaluated as they
 * are here; for the others, the config on the tracker gives model and data set.
 */
export async function trackedTargets(options: TrackedTargetsOptions): Promise<EvaluationTarget[]> {
  const { tracker, tag, runs, targetOf } = options
  const targets: EvaluationTarget[] = []
  for await (const there of tracker.taggedRuns(tag)) {
    const own = runs.find(({ id }) => id === there.name)
    targets.push(own === undefined ? await foreignTarget(there, options) : targetOf(own))
  }
  return targets
}

/** A run that is here under another ID or not at all. */
async function foreignTarget(
  { name, config }: TrackedRun,
  { tracker, store, runs, targetOf, cwd, ...registries }: TrackedTargetsOptions,
): Promise<EvaluationTarget> {
  const { fine_tuned_model: id } = config
  const place = { name, runId: name, evaluationsDirectory: store.evaluationsDirectory(name) }
  if (typeof id !== 'string') return { ...place, model: { id: name }, problem: withoutModel(name, tracker) }
  const alias = runs.find(({ fine_tuned_model }) => fine_tuned_model === id)
  const { model, datasetDirectory = await configuredDataset(config, cwd) } =
    alias === undefined ? { model: elsewhere(id, registries) } : targetOf(alias)
  return { ...place, model, datasetDirectory, missingFile: trainingFiles(config)[0] }
}

/** A model that belongs to no run here: one trained on another machine is not available, others may be on a server. */
function elsewhere(
  id: string,
  { models, providers }: Pick<TrackedTargetsOptions, 'models' | 'providers'>,
): ModelReference {
  if (providers.first((provider) => provider.namesModel?.(id) === true)) return { id }
  return prefixedModel(id, models) ?? hostedModel(id, { models, server: true }) ?? { id }
}

/** The data set that a run's config names, if it is on this machine. */
async function configuredDataset(config: TrackedRun['config'], cwd: string): Promise<string | undefined> {
  for (const file of trainingFiles(config)) {
    const path = resolve(cwd, file)
    if (await exists(path)) return dirname(path)
    const found = await findDataset({ name: basename(dirname(path)), cwd }).catch(() => undefined)
    if (found !== undefined) return found.directory
  }
  return undefined
}

/** Training files as integrations and scripts name them: a path, an object with a file name, a list of those. */
function trainingFiles({ training_files, training_file, data_path }: TrackedRun['config']): string[] {
  return [training_files, training_file, data_path]
    .flat()
    .map((file) => (file as { filename?: unknown } | null | undefined)?.filename ?? file)
    .filter((file) => typeof file === 'string')
}

function withoutModel(name: string, { title }: Tracker): InputError {
  return new InputError(`The run ${name} on ${title} has no fine_tuned_model in its config.`, {
    code: 'RUN_WITHOUT_MODEL',
    suggestions: [`set its model: reversal runs:set ${name} fine_tuned_model=NAME`],
  })
}
