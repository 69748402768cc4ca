import { join } from 'node:path'
import { hashDataset } from '../datasets/hash-dataset.ts'
import { readOrder } from '../datasets/instructions/order.ts'
import type { Order } from '../datasets/instructions/phrasings.ts'
import { readManifest } from '../datasets/write-dataset.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import type { RunRecord } from '../schemas/run.ts'
import { hasErrorCode, InputError } from '../support/errors.ts'
import { sha256File } from '../support/files.ts'
import type { RunStore } from '../tracking/run-store.ts'
import { configurationOf, hyperparametersOf, withoutOrder } from './configuration.ts'
import type { SplitMetrics } from './evaluator.ts'
import type { Learned } from './learned.ts'
import { judgeLearned } from './learned.ts'
import { meanOfMeasured } from './measures.ts'

/** Results of models trained on guidances in one order: means over the runs. */
export interface OrderResult {
  /** Run IDs. */
  runs: string[]
  metrics: SplitMetrics
}

/** The two orders of experiment 3 side by side: models alike in all but the order of the guidances they learned. */
export interface OrderComparison {
  model: string
  /** Hyperparameters of the fine-tuning, without the seed, in which the runs may differ. */
  hyperparameters: Record<string, unknown>
  splits: { split: string; samples: number; same: OrderResult; reverse: OrderResult }[]
  /** Whether the guidances in the same order were learned well enough to conclude anything about the other order. */
  learned?: Learned
}

export interface CompareOrdersOptions {
  store: RunStore
  /** Evaluations to compare with those in the store; only complete ones of runs are used. */
  evaluations: readonly EvaluationSummary[]
}

/** An evaluation of a run, with the order of the guidances that the run learned. */
interface OrderedEvaluation {
  run: RunRecord
  summary: EvaluationSummary
  order: Order
  /** Equal for evaluations that may be compared. */
  key: string
  /** Equal for those that may be averaged. */
  trained: string
}

/**
 * Pairs evaluations with those of runs that learned the other order. Two can be compared if their configuration except
 * for the order, their evaluator, its arguments and the examples are the same. Unreadable ones are ignored.
 */
export async function compareOrders({
  store,
  evaluations,
}: CompareOrdersOptions): Promise<OrderComparison[]> {
  const runs = await store.list({ onDamaged: () => {} })
  const own = (summary: EvaluationSummary) => runs.find(({ id }) => id === summary.run_id)
  const asked = await Promise.all(evaluations.map((summary) => orderEvaluation(own(summary), summary)))
  const keys = new Set(asked.flatMap((evaluation) => evaluation?.key ?? []))
  const kinds = new Set(asked.flatMap((evaluation) => (evaluation ? kindOf(evaluation.run) : [])))
  const alike = runs.filter((run) => kinds.has(kindOf(run)))
  const stored = await Promise.all(
    alike.map(async (run) => {
      const summaries = (await whereReadable(store.evaluations(run.id))) ?? []
      return Promise.all(summaries.map((summary) => orderEvaluation(run, summary)))
    }),
  )
  const comparable = stored
    .flat()
    .filter((evaluation) => evaluation !== undefined && keys.has(evaluation.key))
  return [...Map.groupBy(comparable as OrderedEvaluation[], ({ key }) => key).values()].flatMap(compare)
}

/**
 * Undefined for what cannot be compared: an unfinished evaluation, or one on other examples than the run's own, also on what
 * these were before their files changed.
 */
async function orderEvaluation(
  run: RunRecord | undefined,
  summary: EvaluationSummary,
): Promise<OrderedEvaluation | undefined> {
  const { directory } = summary.dataset
  if (run === undefined || run.dataset.directory !== directory || summary.status !== 'complete') return
  if ((await whereReadable(hashDataset(directory))) !== summary.dataset.hash) return
  const order = await whereReadable(readOrder(directory))
  if (order === undefined || order === 'mixed') return
  const files = ['realized_examples', 'unrealized_examples'].map((name) => join(directory, `${name}.jsonl`))
  const examples = await whereReadable(Promise.all(files.map(sha256File)))
  if (examples === undefined) return
  const { training_file: file, training_sha256: recorded } = run.dataset
  const trainingSha256 = recorded ?? (await whereReadable(sha256File(file)))
  const manifest = await whereReadable(readManifest(directory))
  // Without a recipe, only the examples show that two orders belong together.
  const configured =
    manifest === undefined
      ? { run, data: 'examples' }
      : { run, trainingSha256, manifest: withoutOrder(manifest) }
  const key = JSON.stringify([
    configurationOf(configured),
    ...[summary.evaluator, summary.arguments, examples],
  ])
  return { run, summary, order, key, trained: configurationOf({ run, trainingSha256, manifest }) }
}

/** A run may name files on another machine; this one may have other files there, or none. */
const UNREADABLE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM']

/** A damaged or missing file of one run must not keep the others from being compared. */
async function whereReadable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof InputError || UNREADABLE.some((code) => hasErrorCode(error, code))) return undefined
    throw error
  }
}

/** Equal for runs that differ in no more than seed and data. */
function kindOf(run: RunRecord): string {
  return JSON.stringify([run.provider, run.model, hyperparametersOf(run)])
}

function compare(evaluations: readonly OrderedEvaluation[]): OrderComparison[] {
  const { same = [], reverse = [] } = Object.groupBy(evaluations, ({ order }) => order)
  const alike = (own: readonly OrderedEvaluation[]) => [
    ...Map.groupBy(own, ({ trained }) => trained).values(),
  ]
  return alike(same).flatMap((own) => alike(reverse).map((others) => compareSides(own, others)))
}

function compareSides(
  same: readonly OrderedEvaluation[],
  reverse: readonly OrderedEvaluation[],
): OrderComparison {
  const [{ run, summary }] = same as [OrderedEvaluation]
  const splits = summary.splits.map(({ split, samples }) => ({
    split,
    samples,
    same: average(same, split),
    reverse: average(reverse, split),
  }))
  const heldOut = splits.find(({ split }) => split === 'unrealized_examples')
  const accuracy = heldOut?.same.metrics.prefix_accuracy
  return {
    model: run.model,
    hyperparameters: hyperparametersOf(run),
    splits,
    ...(typeof accuracy === 'number' && {
      learned: judgeLearned({ same: accuracy, facts: heldOut!.samples }),
    }),
  }
}

function average(evaluations: readonly OrderedEvaluation[], split: string): OrderResult {
  const found = evaluations.flatMap(({ summary }) => summary.splits.filter((own) => own.split === split))
  const names = [...new Set(found.flatMap(({ metrics }) => Object.keys(metrics)))]
  return {
    runs: evaluations.map(({ run }) => run.id),
    metrics: Object.fromEntries(
      names.map((name) => [name, meanOfMeasured(found.map(({ metrics }) => metrics[name]))]),
    ),
  }
}
