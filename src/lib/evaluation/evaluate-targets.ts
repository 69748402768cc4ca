import { dirname } from 'node:path'
import { changedFiles } from '../datasets/changed-files.ts'
import { readManifest } from '../datasets/write-dataset.ts'
import type { LanguageModel } from '../models/language-model.ts'
import type { OpenModelOptions } from '../models/open-model.ts'
import { openModel } from '../models/open-model.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { ReversalError } from '../support/errors.ts'
import { InputError, InterruptedError } from '../support/errors.ts'
import { sha256File } from '../support/files.ts'
import type { SyncedRun, Tracker } from '../tracking/tracker.ts'
import { isUnavailable } from '../tracking/tracker.ts'
import type { Evaluator } from './evaluator.ts'
import type { OpenedEvaluator } from './open-evaluator.ts'
import type { EvaluationProgress, EvaluationResult, RunEvaluationOptions } from './run-evaluation.ts'
import { runEvaluation } from './run-evaluation.ts'
import type { EvaluationTarget } from './target.ts'
import { PromptsUnansweredError } from './unanswered-prompts.ts'

type Shared = Omit<
  RunEvaluationOptions,
  'model' | 'datasetDirectory' | 'directory' | 'runId' | 'onProgress' | 'evaluator' | 'plugin'
>

export interface EvaluateTargetsOptions extends Shared, OpenModelOptions {
  /** The evaluator; by default `chooseEvaluator` picks one for each data set. */
  evaluator?: Evaluator | undefined
  /** The package of `evaluator`; this one by default. */
  plugin?: string | undefined
  chooseEvaluator?: ((datasetDirectory: string) => Promise<OpenedEvaluator>) | undefined
  targets: readonly EvaluationTarget[]
  /** That results are written to. */
  tracker?: Tracker | undefined
  /** Called if a result could not be written there yet; it is noted to be sent later. */
  onUnavailable?: ((error: ReversalError) => void) | undefined
  onProgress?: (target: EvaluationTarget, progress: EvaluationProgress) => unknown
}

/**
 * How the evaluation of one target ended. Together with a result, the error is that of writing it to the tracker, or
 * lists prompts without an answer.
 */
export type EvaluationOutcome =
  | { target: EvaluationTarget; result: EvaluationResult; synced?: SyncedRun; error?: Error }
  | { target: EvaluationTarget; error: Error }

/** A hosted model gets single prompts, many at once, so that each paid answer is journaled as soon as it arrives. */
export const ONE_BY_ONE = { batchSize: 1, concurrency: 512 }
/** The Batch API gets all prompts together. */
const ALL_TOGETHER = { batchSize: Number.MAX_SAFE_INTEGER, concurrency: 1 }

/** How prompts are sent to a model, unless the user chooses. */
export function handingOver(
  { hosted }: Pick<LanguageModel, 'hosted'>,
  { batch }: { /** By the Batch API. */ batch: boolean },
): Partial<typeof ONE_BY_ONE> {
  if (!hosted) return {}
  return batch ? ALL_TOGETHER : ONE_BY_ONE
}

/** Evaluates models one after another. If one fails, the others continue; an interruption ends all. */
export async function* evaluateTargets({
  targets,
  ...given
}: EvaluateTargetsOptions): AsyncGenerator<EvaluationOutcome> {
  const options = { ...given, onWarning: once(given.onWarning) }
  const { batch } = options.hosted ?? {}
  if (batch?.follow !== true || targets.length === 1) {
    for (const target of targets) yield await tryTarget(target, options)
    return
  }
  // The batches of all models are sent before any is waited for.
  const sending = { ...options, hosted: { ...options.hosted, batch: { ...batch, follow: false } } }
  const waiting: EvaluationTarget[] = []
  for (const target of targets) {
    const outcome = await tryTarget(target, sending)
    const waits =
      'result' in outcome && outcome.error === undefined && outcome.result.summary.status !== 'complete'
    if (!waits) yield outcome
    else waiting.push(target)
  }
  for (const target of waiting) yield await tryTarget(target, { ...options, fresh: false })
}

/** Many runs have one data set. */
function once(tell: ((message: string) => unknown) | undefined): (message: string) => void {
  const told = new Set<string>()
  return (message) => {
    if (told.has(message)) return
    told.add(message)
    tell?.(message)
  }
}

type SharedOptions = Omit<EvaluateTargetsOptions, 'targets'>

async function tryTarget(target: EvaluationTarget, options: SharedOptions): Promise<EvaluationOutcome> {
  const { tracker, onUnavailable, ...rest } = options
  try {
    const result = await evaluateTarget(target, rest)
    const { unanswered = [] } = result.summary
    if (unanswered.length > 0) {
      return { target, result, error: new PromptsUnansweredError(unanswered, result) }
    }
    return { target, result, ...(await record(target, { tracker, onUnavailable })) }
  } catch (error) {
    if (!(error instanceof InterruptedError)) return { target, error: error as Error }
    throw new InterruptedError('Interrupted: all scores so far are kept.')
  }
}

type Recording = Pick<EvaluateTargetsOptions, 'tracker' | 'onUnavailable'>

/** Writes the result to the tracker, if one is used and the model belongs to a run. */
async function record(
  { runId }: EvaluationTarget,
  { tracker, onUnavailable }: Recording,
): Promise<{ synced?: SyncedRun; error?: Error }> {
  if (tracker === undefined || runId === undefined) return {}
  try {
    return { synced: await tracker.recordEvaluation(runId) }
  } catch (error) {
    if (error instanceof InterruptedError) throw error
    if (!isUnavailable(error)) return { error: error as Error }
    onUnavailable?.(error)
    return {}
  }
}

async function evaluateTarget(
  target: EvaluationTarget,
  {
    models,
    device,
    threads,
    contextSize,
    hub,
    jobs,
    hosted,
    onOpening,
    onWarning,
    onProgress,
    ...options
  }: Omit<SharedOptions, keyof Recording>,
): Promise<EvaluationResult> {
  const { name, run, problem, missingFile } = target
  const { datasetDirectory = missingFile === undefined ? options.evaluator?.usualDataset : undefined } =
    target
  if (problem !== undefined) throw problem
  if (run !== undefined && run.status !== 'succeeded') {
    throw new InputError(`The run ${name} is ${run.status}: only succeeded runs can be evaluated.`, {
      code: 'RUN_UNFINISHED',
    })
  }
  if (datasetDirectory === undefined) {
    const message =
      missingFile === undefined
        ? `There is no data set to evaluate ${name} on: use --dataset-name NAME.`
        : `The data set of ${name}, ${missingFile}, is not on this machine: use --dataset-name NAME.`
    throw new InputError(message, { code: 'NO_DATASET' })
  }
  const asking = await evaluatorFor(datasetDirectory, options)
  for (const changed of [
    await changedSince(datasetDirectory, asking.evaluator),
    run && (await changedSinceTraining(run, datasetDirectory)),
  ]) {
    if (changed !== undefined) onWarning?.(changed)
  }
  const model = await openModel(target.model, {
    ...{ models, device, threads, contextSize, hub, jobs, hosted, onOpening, onWarning },
    signal: options.signal,
  })
  try {
    return await runEvaluation({
      ...options,
      ...asking,
      ...handingOver(model, { batch: hosted?.batch !== undefined }),
      model,
      datasetDirectory,
      directory: target.evaluationsDirectory,
      runId: target.runId,
      onProgress: (progress) => onProgress?.(target, progress),
    })
  } finally {
    await model.close()
  }
}

/** What a user should know of files that the evaluator reads and that are not those of the data set's manifest. */
async function changedSince(directory: string, { datasetFiles }: Evaluator): Promise<string | undefined> {
  const manifest = await readManifest(directory).catch(() => undefined)
  if (manifest === undefined) return undefined
  const changed = await changedFiles(directory, manifest, { among: datasetFiles })
  if (changed.length === 0) return undefined
  return `${changed.join(', ')} of ${directory} changed after the data set was written: its numbers are not those of the data set that its manifest names. reversal dataset:validate checks it.`
}

/** A data set that was written anew under the name of the one that a run learned tests other facts. */
async function changedSinceTraining(
  { id, dataset }: RunRecord,
  directory: string,
): Promise<string | undefined> {
  const { training_file: file, training_sha256: expected } = dataset
  if (expected === undefined || dirname(file) !== directory) return undefined
  const found = await sha256File(file).catch(() => undefined)
  if (found === undefined || found === expected) return undefined
  return `${file} has changed since ${id} was trained on it, so the data set may test what the model never read.`
}

async function evaluatorFor(
  datasetDirectory: string,
  {
    evaluator,
    plugin = 'reversal',
    chooseEvaluator,
    evaluatorOptions,
  }: Pick<SharedOptions, 'evaluator' | 'plugin' | 'chooseEvaluator' | 'evaluatorOptions'>,
): Promise<Pick<RunEvaluationOptions, 'evaluator' | 'plugin' | 'evaluatorOptions'>> {
  if (evaluator !== undefined) return { evaluator, plugin, evaluatorOptions }
  if (chooseEvaluator === undefined) throw new Error('No evaluator is given, and no way to choose one.')
  const chosen = await chooseEvaluator(datasetDirectory)
  return { evaluator: chosen.evaluator, plugin: chosen.plugin, evaluatorOptions: chosen.evaluatorOptions }
}
