import { join } from 'node:path'
import { readOrder } from '../../datasets/instructions/order.ts'
import { readManifest } from '../../datasets/write-dataset.ts'
import type { Evaluator } from '../../evaluation/evaluator.ts'
import { qaEvaluator } from '../../evaluation/qa-evaluator.ts'
import { reverseEvaluator } from '../../evaluation/reverse-evaluator.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { hasErrorCode, InputError } from '../../support/errors.ts'
import { sha256File } from '../../support/files.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { chooseEvaluations } from './choose-evaluations.ts'
import type { ConfiguredRun } from './configuration.ts'
import { askedBy, configurationOf } from './configuration.ts'
import type { Evidence, RunEvidence } from './evidence.ts'
import { groupLabels } from './groups.ts'
import { lossCurve } from './loss-curve.ts'
import { readPromptScores } from './prompt-scores.ts'

export interface CollectEvidenceOptions {
  store: RunStore
  runs: readonly RunRecord[]
  onProgress?: ((progress: { done: number; total: number }) => unknown) | undefined
  signal?: AbortSignal | undefined
}

/** Read what runs left behind, one run after another, so that memory holds one journal's batch at a time. */
export async function collectEvidence(options: CollectEvidenceOptions): Promise<Evidence> {
  const { store, runs, onProgress, signal } = options
  const warnings: string[] = []
  const found: Omit<RunEvidence, 'group'>[] = []
  for (const run of runs) {
    signal?.throwIfAborted()
    const damaged: string[] = []
    const all = await store.evaluations(run.id, { onDamaged: ({ message }) => damaged.push(message) })
    const evaluations = chooseEvaluations(all)
    warnings.push(...damaged, ...(damaged.length === 0 ? warnOfMissing(run, all) : []))
    const { directory, training_file: file, training_sha256: recorded } = run.dataset
    const configured = {
      run,
      manifest: directory === undefined ? undefined : await whereReadable(readManifest(directory)),
      trainingSha256: recorded ?? (await whereReadable(sha256File(file))),
    }
    const asked: string[] = []
    const scoresOf = async ({ name }: Evaluator) => {
      const alike = evaluations.filter(({ evaluator }) => evaluator.name === name)
      const own = alike.find(({ dataset }) => dataset.directory === run.dataset.directory) ?? alike[0]
      if (own === undefined) return undefined
      const manifest = await whereReadable(readManifest(own.dataset.directory))
      asked.push(askedBy(own, { own: configured, manifest }))
      const journal = join(store.evaluationsDirectory(run.id), own.id, 'samples.jsonl')
      return whereReadable(readPromptScores({ journal, dataset: own.dataset.hash }), warnings)
    }
    const qa = await scoresOf(qaEvaluator)
    const reverse = await scoresOf(reverseEvaluator)
    found.push({
      ...configured,
      asked: asked.length === 0 ? undefined : asked.join(' '),
      losses: lossCurve((await whereReadable(store.events(run.id), warnings)) ?? []),
      evaluations,
      reverse,
      qa: qa && {
        scores: qa,
        order: directory === undefined ? undefined : await whereReadable(readOrder(directory)),
      },
    })
    await onProgress?.({ done: found.length, total: runs.length })
  }
  return { runs: withGroups(found), warnings }
}

function withGroups(found: readonly Omit<RunEvidence, 'group'>[]): RunEvidence[] {
  const labels = groupLabels(inheritQuestions(found))
  return found.map((own, index) => ({ ...own, group: labels[index]! }))
}

/** A run that is not evaluated belongs to those that differ from it in nothing else. */
function inheritQuestions<T extends ConfiguredRun>(found: readonly T[]): T[] {
  const alike = Map.groupBy(found, (own) => configurationOf({ ...own, asked: undefined }))
  const first = (own: T) =>
    alike.get(configurationOf({ ...own, asked: undefined }))!.find(({ asked }) => asked !== undefined)?.asked
  return found.map((own) => ({ ...own, asked: own.asked ?? first(own) }))
}

function warnOfMissing(run: RunRecord, evaluations: readonly EvaluationSummary[]): string[] {
  if (evaluations.length === 0) return [`${run.id} is not evaluated: reversal eval:run ${run.id} does it.`]
  if (evaluations.some(({ status }) => status === 'complete')) return []
  return [`${run.id} has no complete evaluation: reversal eval:run ${run.id} goes on with it.`]
}

/** A damaged or missing file costs the report what is in it, not all the rest. */
async function whereReadable<T>(reading: Promise<T>, warnings?: string[]): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof InputError) && !hasErrorCode(error, 'ENOENT')) throw error
    warnings?.push(error.message)
    return undefined
  }
}
