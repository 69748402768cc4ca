import { InterruptedError } from '../../support/errors.ts'
import type { RunStore } from '../run-store.ts'
import { isUnavailable } from './http.ts'
import type { WandbSettings } from './settings.ts'
import { requireProject } from './settings.ts'
import type { SyncedRun, WandbTracker } from './tracker.ts'
import { listWaiting } from './tracker.ts'

/** A run to sync, and where to. */
export interface SyncTask {
  name: string
  tracker: WandbTracker
}

/** How the sync of one run ended. */
export type SyncOutcome = { name: string } & ({ result: SyncedRun } | { error: Error })

/**
 * Sync runs one after another. One that fails leaves the others to go on; once W&B cannot be reached the rest is noted
 * for the next sync and not tried; an interruption ends all.
 */
export async function* syncRuns(tasks: readonly SyncTask[]): AsyncGenerator<SyncOutcome> {
  let unreachable: Error | undefined
  for (const { name, tracker } of tasks) {
    if (unreachable !== undefined) {
      await tracker.postpone(name)
      yield { name, error: unreachable }
      continue
    }
    try {
      yield { name, result: await tracker.sync(name) }
    } catch (error) {
      if (error instanceof InterruptedError) throw error
      if (isUnavailable(error)) unreachable = error
      yield { name, error: error as Error }
    }
  }
}

export interface ChooseTasksOptions {
  store: RunStore
  /** Run IDs or unique starts of them. */
  references: readonly string[]
  /** All runs of this machine, whatever the references are. */
  all: boolean
  settings: WandbSettings
  /** A tracker for a project; without an entity that of the key. */
  open: (place: { entity?: string | undefined; project: string }) => WandbTracker
}

/** The runs that a user means; without references and `all` those of which something waits to be sent. */
export async function chooseTasks(options: ChooseTasksOptions): Promise<SyncTask[]> {
  const { store, references, all, settings, open } = options
  if (!all && references.length === 0) return waitingTasks(options)
  const tracker = open({ entity: settings.entity, project: requireProject(settings) })
  const runs = all ? await store.list() : await Promise.all(references.map((run) => store.get(run)))
  return runs.map(({ id }) => ({ name: id, tracker }))
}

async function waitingTasks({ store, settings, open }: ChooseTasksOptions): Promise<SyncTask[]> {
  const runs = await listWaiting(store)
  return runs.flatMap(({ name, waiting }) =>
    waiting
      .filter((place) => place.base_url === settings.baseUrl)
      .map(({ entity, project }) => ({ name, tracker: open({ entity, project }) })),
  )
}
