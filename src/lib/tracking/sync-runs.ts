import { InterruptedError } from '../support/errors.ts'
import type { RunStore } from './run-store.ts'
import type { SyncedRun, SyncTask, Tracker } from './tracker.ts'
import { isUnavailable } from './tracker.ts'

/** How the sync of one run ended. */
export type SyncOutcome = { name: string } & ({ result: SyncedRun } | { error: Error })

/**
 * Sync runs one after another. One that fails leaves the others to go on; once the tracker cannot be reached the rest is
 * noted for the next sync and not tried; an interruption ends all.
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

export interface NameTasksOptions {
  store: RunStore
  /** Run IDs or unique starts of them. */
  references: readonly string[]
  /** All runs of this machine, whatever the references are. */
  all: boolean
  tracker: Tracker
}

/** The runs that a user names, each to be synced. */
export async function nameTasks({ store, references, all, tracker }: NameTasksOptions): Promise<SyncTask[]> {
  const runs = all ? await store.list() : await Promise.all(references.map((run) => store.get(run)))
  return runs.map(({ id }) => ({ name: id, tracker }))
}
