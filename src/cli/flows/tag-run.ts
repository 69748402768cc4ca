import type { RunRecord } from '../../lib/schemas/run.ts'
import type { RunStore } from '../../lib/tracking/run-store.ts'
import type { SyncedRun } from '../../lib/tracking/wandb/tracker.ts'
import type { WandbAccess } from './wandb.ts'
import { mirrored } from './wandb.ts'

export interface TagRunOptions {
  /** A run's ID or a unique start of it; on Weights & Biases its ID. */
  reference: string
  change: { add?: readonly string[]; remove?: readonly string[] }
  store: RunStore
  wandb: WandbAccess
}

/** A run's tags after a change: here, on Weights & Biases, or on both. */
export interface TagRunResult {
  run?: RunRecord
  wandb?: SyncedRun
}

/** Change a run's tags here and, where that is wanted, on Weights & Biases, which may be the only one to have it. */
export async function tagRun(options: TagRunOptions): Promise<TagRunResult> {
  const { reference, change, store, wandb } = options
  const { tracker } = wandb
  if (tracker !== undefined && (await store.resolve(reference)) === undefined) {
    return { wandb: await tracker.tag(reference, change) }
  }
  const { id } = await store.get(reference)
  const run = await store.tag(id, change)
  const synced = tracker && (await mirrored(tracker.tag(id, change), wandb))
  return { run, ...(synced && { wandb: synced }) }
}

/** The tags that a run has now. */
export function renderTags({ run, wandb }: TagRunResult): string {
  const here =
    run && `${run.id} has ${run.tags.length === 0 ? 'no tags' : `the tags ${run.tags.join(', ')}`}.`
  const there = wandb && `On Weights & Biases: ${wandb.url}`
  return [here, there].filter((line) => line !== undefined).join('\n')
}
