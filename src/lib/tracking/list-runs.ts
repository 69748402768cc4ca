import { DIRECTION_SPLITS, DIRECTIONS, isRandomized } from '../datasets/reverse/directions.ts'
import { shortModelName } from '../engine/pretrained/names-pretrained.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'
import { describeMetric, isAccuracy } from '../schemas/metric.ts'
import type { RunRecord } from '../schemas/run.ts'
import type { ReversalError } from '../support/errors.ts'
import { hasErrorCode, InputError } from '../support/errors.ts'
import { chooseEvaluations } from './choose-evaluations.ts'
import type { RunStore } from './run-store.ts'
import type { TrackedState, Tracker } from './tracker.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** The split of experiment 3 whose instructions no example shows. */
const HELD_OUT_INSTRUCTIONS = 'unrealized_examples'

export interface ListRunsOptions {
  store: RunStore
  /** All runs, if the caller has just read them and reported damaged records. */
  known?: readonly RunRecord[] | undefined
  /** Part of the shown model name; letter case does not matter. */
  filter?: string | undefined
  status?: string | undefined
  tag?: string | undefined
  /** Only runs created in the last so many days; undefined means all. */
  days?: number | undefined
  now: Date
  onDamaged: (error: InputError) => void
  /** If given, the list says what the tracker has of each run. */
  tracker?: Tracker | undefined
  /** Called if the tracker cannot be asked. */
  onUnavailable: (error: ReversalError) => void
}

/** A run with the results of its evaluations. */
export interface ListedRun extends RunRecord {
  /** The fine-tuned model; for a local run, or one without a model yet, the base model and suffix. */
  shown_model: string
  /** The highest accuracy on any split with correct targets, 0 to 1; null if it is not evaluated. */
  best_accuracy: number | null
  /**
   * Accuracy on held-out prompts in the direction of training, 0 to 1: the mean over both ways of training (experiment
   * 1), or on held-out instructions (experiment 3); null if neither was evaluated.
   */
  same_accuracy: number | null
  /** The same in the reverse direction. */
  reverse_accuracy: number | null
  /** What the tracker has of it, if a tracker was given. */
  tracked?: TrackedState
}

export interface RunListing {
  runs: ListedRun[]
  /** Runs that fit but are older than `days`. */
  older: number
}

/** The runs that fit, the newest first. */
export async function listRuns(options: ListRunsOptions): Promise<RunListing> {
  const { store, known, filter, status, tag, days, now, onDamaged, tracker } = options
  const fits = (run: RunRecord) =>
    (filter === undefined || shownModel(run).toLowerCase().includes(filter.toLowerCase())) &&
    (status === undefined || [run.status, run.server_status].includes(status as RunRecord['status'])) &&
    (tag === undefined || run.tags.includes(tag))
  const fitting = (known ?? (await store.list({ onDamaged }))).filter(fits)
  const oldest = days === undefined ? undefined : now.getTime() - days * DAY_MS
  const recent = fitting.filter(({ created_at }) => oldest === undefined || Date.parse(created_at) >= oldest)
  const there = await tracker?.states(recent, options)
  const evaluations = await store.evaluationsOf(recent, { onDamaged })
  const orders: Orders = new Map()
  const shown = (run: RunRecord, accuracies: Accuracies): ListedRun => {
    const tracked = there?.get(run.id)
    return { ...run, shown_model: shownModel(run), ...accuracies, ...(tracked && { tracked }) }
  }
  const runs = await Promise.all(
    recent.map((run) => {
      const own = evaluations.get(run.id)
      // A promise for each of a thousand runs takes longer than the rest.
      return own === undefined
        ? shown(run, NO_ACCURACIES)
        : accuraciesOf(run, own, orders).then((a) => shown(run, a))
    }),
  )
  return { runs, older: fitting.length - recent.length }
}

/** The name by which a run is shown and filtered, without the run's ID at its end. */
export function shownModel({
  id,
  fine_tuned_model: model,
  provider,
  model: base,
  suffix,
}: RunRecord): string {
  if (model !== undefined && !model.endsWith(`:${id}`)) return model
  return `${provider}/${shortModelName(base)}${suffix === undefined ? '' : `:${suffix}`}`
}

type Accuracies = Pick<ListedRun, 'best_accuracy' | 'same_accuracy' | 'reverse_accuracy'>

const NO_ACCURACIES: Accuracies = { best_accuracy: null, same_accuracy: null, reverse_accuracy: null }

/** The run's accuracies as in the report's tables, from the same evaluations. */
async function accuraciesOf(
  run: RunRecord,
  evaluations: readonly EvaluationSummary[],
  orders: Orders,
): Promise<Accuracies> {
  const { directory } = run.dataset
  const chosen = chooseEvaluations(evaluations).toSorted(
    (a, b) => Number(b.dataset.directory === directory) - Number(a.dataset.directory === directory),
  )
  const best_accuracy = bestAccuracy(chosen)
  const having = (names: readonly string[]) =>
    chosen.find(({ splits }) => splits.some(({ split }) => names.includes(split)))
  const reverse = having(DIRECTIONS.flatMap((direction) => Object.values(DIRECTION_SPLITS[direction])))
  const qa = having([HELD_OUT_INSTRUCTIONS])
  if (reverse !== undefined) {
    const of = (order: 'same' | 'reverse') =>
      meanAccuracy(
        reverse,
        DIRECTIONS.map((direction) => DIRECTION_SPLITS[direction][order]),
      )
    return { best_accuracy, same_accuracy: of('same'), reverse_accuracy: of('reverse') }
  }
  const accuracy = qa === undefined ? null : meanAccuracy(qa, [HELD_OUT_INSTRUCTIONS])
  const order = accuracy === null ? undefined : await orderOf(run, orders)
  return {
    best_accuracy,
    same_accuracy: order === 'same' ? accuracy : null,
    reverse_accuracy: order === 'reverse' ? accuracy : null,
  }
}

/** Also null if one of the splits is not measured: the mean of the others would look like the mean of all. */
function meanAccuracy({ splits }: EvaluationSummary, names: readonly string[]): number | null {
  const asked = splits.filter(({ split }) => names.includes(split))
  const shares = asked.flatMap(({ metrics }) => metrics.prefix_accuracy ?? [])
  return shares.length === 0 || shares.length < asked.length
    ? null
    : shares.reduce((sum, share) => sum + share, 0) / shares.length
}

/** By the directory of the data set, which many runs share. */
type Orders = Map<string, ReturnType<typeof orderIn>>

/** The order of the guidances that a run learned. */
function orderOf({ dataset: { directory } }: RunRecord, orders: Orders) {
  if (directory === undefined) return undefined
  const order = orders.get(directory) ?? orderIn(directory)
  orders.set(directory, order)
  return order
}

/** A data set that is missing or damaged does not prevent a list. */
async function orderIn(directory: string) {
  // Few lists have runs of experiment 3.
  const { readOrder } = await import('../datasets/instructions/order.ts')
  try {
    return await readOrder(directory)
  } catch (error) {
    if (error instanceof InputError || hasErrorCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The highest accuracy on any split, by metrics that count as a run's accuracy; a match with an incorrect target is a mistake. */
function bestAccuracy(evaluations: readonly EvaluationSummary[]): number | null {
  const accuracies = evaluations.flatMap(({ splits, descriptions }) =>
    splits
      .filter(({ split }) => !isRandomized(split))
      .flatMap(({ metrics }) =>
        Object.entries(metrics).flatMap(([name, value]) => {
          const described = describeMetric(name, descriptions)
          return value !== null && isAccuracy(described) && !described.apart ? [value] : []
        }),
      ),
  )
  return accuracies.length === 0 ? null : Math.max(...accuracies)
}
