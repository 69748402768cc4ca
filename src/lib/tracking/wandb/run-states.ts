import type { RunRecord } from '../../schemas/run.ts'
import type { ReversalError } from '../../support/errors.ts'
import { InputError } from '../../support/errors.ts'
import { isUnavailable } from './http.ts'
import type { WandbRun } from './queries.ts'
import type { WandbTracker } from './tracker.ts'
import type { Values } from './values.ts'

/** What W&B has of a run. */
export interface WandbState {
  synced: boolean
  evaluated: boolean
}

/** Keys that evaluations leave, those of the original's scripts among them; fine-tuning leaves accuracies too. */
const EVALUATED = /^(?!(?:train|(?:full_)?valid)_).*_accuracy$|\.acc_$|^ue\.eval_file$/

export interface WandbStatesOptions {
  tracker: WandbTracker
  runs: readonly Pick<RunRecord, 'id' | 'fine_tuned_model'>[]
  /** Told where the project is not there, or W&B cannot be reached. */
  onUnavailable: (error: ReversalError) => void
}

/**
 * What W&B has of each run: which it has, and which with an evaluation. Where it cannot be reached, what this machine
 * has sent; nothing where the project is not there.
 */
export async function wandbStates(options: WandbStatesOptions): Promise<Map<string, WandbState>> {
  const { tracker, runs, onUnavailable } = options
  try {
    return await askStates(options)
  } catch (error) {
    if (!isUnavailable(error) && !isNoProject(error)) throw error
    onUnavailable(error)
    return new Map(await Promise.all(runs.map(async ({ id }) => [id, await tracker.remember(id)] as const)))
  }
}

function isNoProject(error: unknown): error is InputError {
  return error instanceof InputError && error.code === 'WANDB_NO_PROJECT'
}

/** Asks in one go, as runs may be known by their ID or by their fine-tuned model. */
async function askStates({ tracker, runs }: WandbStatesOptions): Promise<Map<string, WandbState>> {
  const ids = runs.map(({ id }) => id)
  const models = runs.flatMap(({ fine_tuned_model }) => fine_tuned_model ?? [])
  const filter = { $or: [{ name: { $in: ids } }, { 'config.fine_tuned_model': { $in: models } }] }
  const there: WandbRun[] = []
  if (runs.length > 0) for await (const run of tracker.query(filter)) there.push(run)
  const states = runs.map(({ id, fine_tuned_model }): [string, WandbState] => {
    const own = there.filter(
      ({ name, config }) =>
        name === id || (fine_tuned_model !== undefined && config.fine_tuned_model === fine_tuned_model),
    )
    const evaluated = own.some(({ config, summary }) => isEvaluated(config) || isEvaluated(summary))
    return [id, { synced: own.length > 0, evaluated }]
  })
  return new Map(states)
}

function isEvaluated(values: Values): boolean {
  return Object.keys(values).some((key) => EVALUATED.test(key))
}
