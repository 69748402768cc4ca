import type { WrittenDataset } from '../../lib/datasets/write-dataset.ts'
import type { SyncedRun } from '../../lib/tracking/wandb/tracker.ts'
import { renderSync } from '../text/wandb.ts'
import type { WandbAccess } from './wandb.ts'
import { mirrored } from './wandb.ts'

/** A data set and, where that is wanted, its run on Weights & Biases. */
export interface RecordedDataset extends WrittenDataset {
  wandb?: SyncedRun
}

/** Make the run of a data set on Weights & Biases, where that is wanted. */
export async function recordDataset(
  dataset: WrittenDataset,
  access: WandbAccess,
  log: (text: string) => void,
): Promise<RecordedDataset> {
  const { tracker } = access
  const wandb = tracker && (await mirrored(tracker.recordDataset(dataset), access))
  if (wandb) log(renderSync(wandb))
  return { ...dataset, ...(wandb && { wandb }) }
}
