import { homedir } from 'node:os'
import { parseOptionValues } from '../../lib/schemas/option-values.ts'
import type { ReversalError } from '../../lib/support/errors.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { OpenTrackerOptions, Tracker, TrackerDescriptor } from '../../lib/tracking/tracker.ts'
import { isUnavailable } from '../../lib/tracking/tracker.ts'
import type { TrackerFlagValues } from '../flags/tracker.ts'
import { namesTracker, trackerChoice } from '../flags/tracker.ts'
import type { BaseCommand } from '../shell/base-command.ts'
import { readEnvironment } from '../shell/environment.ts'
import { loadExtensions } from '../shell/extensions.ts'
import { noticeOnce } from '../shell/notice.ts'
import { renderWarning } from '../text/tracker.ts'
import { describeWait, openKeyWarning } from '../text/wait.ts'

/** A tracker, and what to do if it cannot be reached. */
export interface TrackerAccess {
  /** Undefined if none is used. */
  tracker: Tracker | undefined
  onUnavailable: (error: ReversalError) => void
}

/** The tracker that the flags select. If they select none, nothing is loaded. */
export async function openAccess(command: BaseCommand, flags: TrackerFlagValues): Promise<TrackerAccess> {
  return {
    tracker: namesTracker(flags) ? await openWanted(command, flags) : undefined,
    onUnavailable: (error) => command.logToStderr(renderWarning(error)),
  }
}

async function openWanted(command: BaseCommand, flags: TrackerFlagValues): Promise<Tracker | undefined> {
  const { descriptor, settings } = await chooseTracker(command, flags)
  return descriptor.wanted(settings) ? descriptor.open(settings) : undefined
}

/** The tracker that the flags mean and how it is opened. Throws InputError TRACKER_UNKNOWN, BAD_OPTION. */
export async function chooseTracker(
  command: BaseCommand,
  flags: TrackerFlagValues,
): Promise<{ descriptor: TrackerDescriptor; settings: OpenTrackerOptions }> {
  const { name, chosen, refused, options } = trackerChoice(flags)
  const { trackers } = await loadExtensions(command.config)
  const { entry: descriptor } = trackers.get(name)
  const settings: OpenTrackerOptions = {
    ...{ chosen, refused },
    options: parseOptionValues(options, { schema: descriptor.options, owner: name }),
    env: await readEnvironment(),
    store: new RunStore(command.home),
    userHome: homedir(),
    cwd: process.cwd(),
    signal: command.interrupt,
    onWait: (wait) => command.logToStderr(describeWait(wait)),
    onOpenKey: ({ variable, url }) => noticeOnce(openKeyWarning(variable, url)),
  }
  return { descriptor, settings }
}

/** Does something on a tracker; if it can only be done later, says so. */
export async function mirrored<T>(
  work: Promise<T>,
  { onUnavailable }: Pick<TrackerAccess, 'onUnavailable'>,
): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (!isUnavailable(error)) throw error
    onUnavailable(error)
    return undefined
  }
}
