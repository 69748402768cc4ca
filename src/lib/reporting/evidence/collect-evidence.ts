import { join } from 'node:path'
import { readOrder } from '../../datasets/instructions/order.ts'
import { readManifest } from '../../datasets/write-dataset.ts'
import type { Evaluator } from '../../evaluation/evaluator.ts'
import { qaEvaluator } from '../../evaluation/qa-evaluator.ts'
import { reverseEvaluator } from '../../evaluation/reverse-evaluator.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { hasErrorCode, InputError } from '../../support/errors.ts'
import type { RunStore } from '../../tracking/run-store.ts'
import { chooseEvaluations } from './choose-evaluations.ts'
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
    const scoresOf = async ({ name }: Evaluator) => {
      const alike = evaluations.filter(({ evaluator }) => evaluator.name === name)
      const own = alike.find(({ dataset }) => dataset.directory === run.dataset.directory) ?? alike[0]
      if (own === undefined) return undefined
      const journal = join(store.evaluationsDirectory(run.id), own.id, 'samples.jsonl')
      const unmeasured = own.splits.flatMap(({ split, not_measured }) => (not_measured ? [split] : []))
      return whereReadable(readPromptScores({ journal, dataset: own.dataset.hash, unmeasured }), warnings)
    }
    const qa = await scoresOf(qaEvaluator)
    const { directory } = run.dataset
    found.push({
      run,
      manifest: directory === undefined ? undefined : await whereReadable(readManifest(directory)),
      losses: lossCurve((await whereReadable(store.events(run.id), warnings)) ?? []),
      evaluations,
      reverse: await scoresOf(reverseEvaluator),
      qa: qa && {
        scores: qa,
        order: directory === undefined ? undefined : await whereReadable(readOrder(directory)),
      },
    })
    await onProgress?.({ done: found.length, total: runs.length })
  }
  return { runs: withGroups(found), warnings }
}

/** Labels are told apart among runs on data of one kind: others do not stand in one table with them. */
function withGroups(found: readonly Omit<RunEvidence, 'group'>[]): RunEvidence[] {
  const labels = new Map<RunRecord, string>()
  for (const alike of Map.groupBy(found, ({ manifest }) => manifest?.kind).values()) {
    for (const [index, label] of groupLabels(alike).entries()) labels.set(alike[index]!.run, label)
  }
  return found.map((own) => ({ ...own, group: labels.get(own.run)! }))
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
