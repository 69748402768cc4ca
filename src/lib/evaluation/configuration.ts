import { basename, join } from 'node:path'
import { TRAINING_FILE } from '../datasets/find-dataset.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import type { DatasetManifest } from '../schemas/manifest.ts'
import type { RunRecord } from '../schemas/run.ts'
import { sha256 } from '../support/files.ts'

/** A run with what its configuration follows from. */
export interface ConfiguredRun {
  run: RunRecord
  /** How its data set was made; absent if its directory is gone or has no manifest. */
  manifest?: DatasetManifest | undefined
  /** Checksum of its training file: the recorded one or, for old runs, that of the file as it is now. */
  trainingSha256?: string | undefined
  /** What its evaluations asked, if that may differ between runs of one configuration. */
  asked?: string | undefined
  /** Replaces the identity of the training data, if a section has a better one. */
  data?: string | undefined
}

/** Options that record the outcome of making a data set, which follows from its seed. */
const OUTCOMES: ReadonlySet<string> = new Set(['rewritten', 'refusals'])

/** Arguments of an evaluation that choose prompts or add measures without changing any answer. */
const CHOOSING: ReadonlySet<string> = new Set(['splits', 'max_samples', 'rank_all'])

/**
 * Everything but the seed that decides the result of a run, as one text: runs with the same text are
 * repetitions of one experiment, and only those are averaged.
 */
export function configurationOf(configured: ConfiguredRun): string {
  const { run, asked, data = dataOf(configured) } = configured
  const { provider, model, server, dataset, request } = run
  const { method } = (request ?? {}) as { method?: { type?: unknown } }
  return JSON.stringify([
    [provider, server?.base_url, model, dataset.api, dataset.system, method?.type],
    inOrder(hyperparametersOf(run)),
    data,
    asked,
    ...(run.provider_options === undefined ? [] : [inOrder(run.provider_options)]),
  ])
}

/** Without the seed. */
export function hyperparametersOf({ hyperparameters }: Pick<RunRecord, 'hyperparameters'>) {
  const { seed: _seed, ...rest } = hyperparameters
  return rest
}

/**
 * The identity of the training data: the recipe of the data set without its seed, if the recipe makes the training
 * file; else the contents of the file; if these were not recorded and the file is gone, its name.
 */
function dataOf({ run, manifest, trainingSha256 }: ConfiguredRun): string {
  const { dataset } = run
  const made = manifest && fileOfRecipe({ run, manifest, trainingSha256 })
  if (made !== undefined) return JSON.stringify([recipeOf(manifest!), made])
  return trainingSha256 ?? JSON.stringify([dataset.name, dataset.training_file])
}

/** Which file of its data set a run was trained on; undefined if none of them. */
export function fileOfRecipe({ run, manifest, trainingSha256 }: ConfiguredRun): string | undefined {
  const { directory, training_file: file } = run.dataset
  if (trainingSha256 !== undefined)
    return Object.entries(manifest?.files ?? {}).find(([, { sha256: own }]) => own === trainingSha256)?.[0]
  return directory !== undefined && file === join(directory, TRAINING_FILE) ? basename(file) : undefined
}

/** A recipe of experiment 3 without the order of the guidances, which also determines their phrasings. */
export function withoutOrder({ options, facts, ...manifest }: DatasetManifest): DatasetManifest {
  const { order: _order, ...told } = options
  const { phrasings: _phrasings, ...sources } = facts ?? {}
  return { ...manifest, options: told, facts: sources }
}

/** How a data set was made, without the seed and what follows from it. */
function recipeOf({ kind, options, facts = {}, transforms = [] }: DatasetManifest): string {
  const told = Object.entries(options).filter(([name]) => !OUTCOMES.has(name))
  const sources = Object.entries(facts).map(([name, { sha256: checksum }]) => [name, checksum])
  const arms = transforms.map(({ name, plugin, options }) => [plugin, name, inOrder(options)])
  return JSON.stringify([
    ...[kind, inOrder(Object.fromEntries(told)), inOrder(Object.fromEntries(sources))],
    ...(arms.length > 0 ? [arms] : []),
  ])
}

/**
 * What an evaluation asked, apart from its seed: undefined for the data set that the run was trained on, in the default
 * way. Another data set is identified by its recipe, or by the contents of its files.
 */
export function askedBy(
  summary: EvaluationSummary,
  { own, manifest }: { own: ConfiguredRun; manifest: DatasetManifest | undefined },
): string {
  const { dataset } = summary
  const same = dataset.directory === own.run.dataset.directory
  const data =
    same && fileOfRecipe(own) !== undefined
      ? 'own'
      : manifest !== undefined && hashOfFiles(manifest) === dataset.hash
        ? recipeOf(manifest)
        : dataset.hash
  const [name, version, how] = howAsked(summary)
  return JSON.stringify([name, version, data, how])
}

/** Everything that affects an answer and its score: evaluator, version, and arguments that change answers. */
export function howAsked({ evaluator, arguments: given }: EvaluationSummary) {
  const how = Object.entries(given).filter(([name]) => !CHOOSING.has(name))
  return [evaluator.name, evaluator.version, inOrder(Object.fromEntries(how))] as const
}

/** The same in words, such as "reverse version 2, max_tokens 50". */
export function tellHowAsked(summary: EvaluationSummary): string {
  const [name, version, options] = howAsked(summary)
  return [
    `${name} version ${version}`,
    ...options.map(([key, value]) => `${key} ${JSON.stringify(value)}`),
  ].join(', ')
}

/** The hash of a data set with just the files of its manifest, as evaluations record it. */
function hashOfFiles({ files }: DatasetManifest): string {
  const lines = Object.keys(files)
    .toSorted()
    .map((name) => `${name} ${files[name]!.sha256}`)
  return sha256(lines.join('\n'))
}

function inOrder(record: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
