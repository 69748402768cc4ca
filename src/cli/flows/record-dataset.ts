import type { WrittenDataset } from '../../lib/datasets/write-dataset.ts'
import type { SyncedRun } from '../../lib/tracking/tracker.ts'
import type { Tracked } from '../text/tracker.ts'
import { renderSync, told } from '../text/tracker.ts'
import type { TrackerAccess } from './tracker.ts'
import { mirrored } from './tracker.ts'

/** A data set and, if a tracker is used, its run there. */
export interface RecordedDataset extends WrittenDataset, Tracked<SyncedRun> {}

/** Creates the run of a data set on a tracker, if one is used. */
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
