import type { RunRecord } from '../../lib/schemas/run.ts'
import type { RunStore } from '../../lib/tracking/run-store.ts'
import type { SyncedRun, TagChange } from '../../lib/tracking/tracker.ts'
import type { Tracked } from '../text/tracker.ts'
import { told } from '../text/tracker.ts'
import type { TrackerAccess } from './tracker.ts'
import { mirrored } from './tracker.ts'

export interface TagRunOptions {
  /** A run's ID or a unique start of it; on a tracker its ID. */
  reference: string
  change: TagChange
  store: RunStore
  access: TrackerAccess
}

/** A run's tags after a change: here, on a tracker, or on both. */
export interface TagRunResult extends Tracked<SyncedRun> {
  run?: RunRecord
}

/** Changes a run's tags here and, if requested, on a tracker; the run may exist only there. */
export async function tagRun(options: TagRunOptions): Promise<TagRunResult> {
  const { reference, change, store, access } = options
  const { tracker } = access
  if (tracker !== undefined && (await store.resolve(reference)) === undefined) {
    return told(tracker, await tracker.tag(reference, change))
  }
  const { id } = await store.get(reference)
  const run = await store.tag(id, change)
  const synced = tracker && (await mirrored(tracker.tag(id, change), access))
  return { run, ...told(tracker, synced) }
}

/** The tags that a run has now. */
export function renderTags({ run, wandb, tracked }: TagRunResult, { tracker }: TrackerAccess): string {
  const here =
    run && `${run.id} has ${run.tags.length === 0 ? 'no tags' : `the tags ${run.tags.join(', ')}`}.`
  const synced = wandb ?? tracked
  const there = synced && `On ${tracker?.title}: ${synced.url}`
  return [here, there].filter((line) => line !== undefined).join('\n')
}
