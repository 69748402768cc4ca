import { InterruptedError } from '../support/errors.ts'
import type { OpenTrackerOptions, SyncedRun, SyncTask, TrackerDescriptor, Waiting } from './tracker.ts'
import { isUnavailable } from './tracker.ts'

/** How the sync of one run ended. */
export type SyncOutcome = { name: string } & ({ result: SyncedRun } | { error: Error })

/**
 * Syncs runs one after another. A failure does not stop the others; once the tracker cannot be reached, the rest is
 * only noted for the next sync; an interruption ends all.
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
  /** Run IDs or unique starts of them. */
  references: readonly string[]
  /** All runs of this machine, whatever the references are. */
  all: boolean
  descriptor: TrackerDescriptor
  settings: OpenTrackerOptions
}

/**
 * The runs that the user named; without references, all if `all` is set, else those with something waiting to be sent.
 */
export async function chooseTasks(
  options: ChooseTasksOptions,
): Promise<Partial<Waiting> & Pick<Waiting, 'tasks'>> {
  const { references, all, descriptor, settings } = options
  if (!all && references.length === 0) return descriptor.waiting(settings)
  const tracker = await descriptor.open(settings)
  const { store } = settings
  const runs = all ? await store.list() : await Promise.all(references.map((run) => store.get(run)))
  return { tasks: runs.map(({ id }) => ({ name: id, tracker })) }
}
