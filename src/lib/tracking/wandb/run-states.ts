import type { RunRecord } from '../../schemas/run.ts'
import type { TrackedState } from '../tracker.ts'
import type { WandbClient } from './client.ts'
import { EVALUATION } from './describe-evaluation.ts'
import type { Project, WandbRun } from './queries.ts'
import { queryRuns } from './queries.ts'
import type { Values } from './values.ts'
import type { Place } from './wandb-memory.ts'
import { readMemory } from './wandb-memory.ts'

/** Keys that evaluations write, including those of the original's scripts; fine-tuning also writes accuracies. */
const EVALUATED = /^(?!(?:train|(?:full_)?valid)_).*_accuracy$|\.acc_$|^ue\.eval_file$/

export interface AskStatesOptions extends Project {
  client: WandbClient
  runs: readonly Pick<RunRecord, 'id' | 'fine_tuned_model'>[]
}

/**
 * Which of the runs W&B has, and which with an evaluation. Sends one query for all, as runs may be known by their ID or
 * by their fine-tuned model. Throws InputError WANDB_NO_PROJECT.
 */
export async function askStates({
  client,
  runs,
  ...project
}: AskStatesOptions): Promise<Map<string, TrackedState>> {
  const ids = runs.map(({ id }) => id)
  const models = runs.flatMap(({ fine_tuned_model }) => fine_tuned_model ?? [])
  const filter = { $or: [{ name: { $in: ids } }, { 'config.fine_tuned_model': { $in: models } }] }
  const there: WandbRun[] = []
  if (runs.length > 0) for await (const run of queryRuns(client, project, filter)) there.push(run)
  const states = runs.map(({ id, fine_tuned_model }): [string, TrackedState] => {
    const own = there.filter(
      ({ name, config }) =>
        name === id || (fine_tuned_model !== undefined && config.fine_tuned_model === fine_tuned_model),
    )
    const evaluated = own.some(({ config, summary }) => isEvaluated(config) || isEvaluated(summary))
    return [id, { synced: own.length > 0, evaluated }]
  })
  return new Map(states)
}

/** What this machine has sent of a run to a project; without an entity, to any project of that name. */
export async function rememberedState(
  directory: string,
  { base_url, entity, project }: Omit<Place, 'entity'> & { entity?: string | undefined },
): Promise<TrackedState> {
  const { destinations } = await readMemory(directory)
  const own = destinations.filter(
    (place) =>
      place.base_url === base_url &&
      place.project === project &&
      (entity === undefined || place.entity === entity),
  )
  const lines = own.flatMap((destination) => destination.lines)
  return {
    synced: own.some(({ synced_at }) => synced_at !== undefined),
    evaluated: lines.some(({ of, sent }) => sent && of.startsWith(EVALUATION)),
  }
}

function isEvaluated(values: Values): boolean {
  return Object.keys(values).some((key) => EVALUATED.test(key))
}
