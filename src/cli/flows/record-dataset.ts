import type { WrittenDataset } from '../../lib/datasets/write-dataset.ts'
import type { SyncedRun } from '../../lib/tracking/tracker.ts'
import type { Tracked } from '../text/tracker.ts'
import { renderSync, told } from '../text/tracker.ts'
import type { TrackerAccess } from './tracker.ts'
import { mirrored } from './tracker.ts'

/** A data set and, where that is wanted, its run on a tracker. */
export interface RecordedDataset extends WrittenDataset, Tracked<SyncedRun> {}

/** Make the run of a data set on a tracker, where that is wanted. */
export async function recordDataset(
  dataset: WrittenDataset,
  access: TrackerAccess,
  log: (text: string) => void,
): Promise<RecordedDataset> {
  const { tracker } = access
  const synced = tracker && (await mirrored(tracker.recordDataset(dataset), access))
  if (synced) log(renderSync(synced))
  return { ...dataset, ...told(tracker, synced) }
}
