import type { TestedCelebrities } from '../../lib/experiments/ask-about-celebrities.ts'
import type { SyncedRun } from '../../lib/tracking/tracker.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import type { Tracked } from '../text/tracker.ts'
import { renderSync, told } from '../text/tracker.ts'
import type { TrackerAccess } from './tracker.ts'
import { mirrored } from './tracker.ts'

/** Writes a test of a run's model to the tracker, if one is used. */
export async function recordTest(
  command: Pick<BaseCommand, 'log'>,
  { evaluation: { run_id: run } }: Pick<TestedCelebrities, 'evaluation'>,
  access: TrackerAccess,
): Promise<Tracked<SyncedRun>> {
  const { tracker } = access
  if (tracker === undefined || run === null) return {}
  const synced = await mirrored(tracker.recordEvaluation(run), access)
  if (synced !== undefined) command.log(renderSync(synced))
  return told(tracker, synced)
}
