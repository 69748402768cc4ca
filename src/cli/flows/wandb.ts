import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ReversalError } from '../../lib/support/errors.ts'
import { readTextIfExists } from '../../lib/support/files.ts'
import { isSentOpenly } from '../../lib/support/sent-openly.ts'
import { RunStore } from '../../lib/tracking/run-store.ts'
import type { HttpOptions } from '../../lib/tracking/wandb/http.ts'
import { isUnavailable } from '../../lib/tracking/wandb/http.ts'
import type { Environment, WandbSettings } from '../../lib/tracking/wandb/settings.ts'
import { requireProject, resolveWandb, wantsWandb } from '../../lib/tracking/wandb/settings.ts'
import type { WandbTracker } from '../../lib/tracking/wandb/tracker.ts'
import type { WandbFlagValues } from '../flags/wandb.ts'
import { wandbChoice } from '../flags/wandb.ts'
import { readEnvironment } from '../shell/environment.ts'
import { interruptSignal } from '../shell/interrupt.ts'
import { noticeOnce } from '../shell/notice.ts'
import { describeWait, openKeyWarning } from '../text/wait.ts'
import { renderWarning } from '../text/wandb.ts'

export interface OpenWandbOptions {
  flags: WandbFlagValues
  /** Folder that holds the runs. */
  home: string
  /** Says something to the user. */
  say: (text: string) => void
}

/** Weights & Biases for the commands: where it is, and a tracker for each project. */
export interface Wandb {
  settings: WandbSettings
  open: (place: { entity?: string | undefined; project: string }) => WandbTracker
}

/** Throws InputError where settings are missing, wrong, or forbid it. Sends nothing. */
export async function openWandb({ flags, home, say }: OpenWandbOptions): Promise<Wandb> {
  const env = await readEnvironment()
  const settings = resolveWandb({ env, flags: wandbChoice(flags), ...(await readSettingsFiles(env)) })
  const [{ WandbClient: Client }, { WandbTracker: Tracker }] = await Promise.all([
    import('../../lib/tracking/wandb/client.ts'),
    import('../../lib/tracking/wandb/tracker.ts'),
  ])
  const { baseUrl, key, appUrl } = settings
  if (isSentOpenly(baseUrl)) noticeOnce(openKeyWarning('WANDB_API_KEY', baseUrl))
  const signal = interruptSignal()
  const onWait: HttpOptions['onWait'] = (wait) => say(describeWait(wait))
  const client = new Client({ baseUrl, key, signal, onWait })
  const shared = { client, appUrl, store: new RunStore(home), cwd: process.cwd(), signal }
  return { settings, open: (place) => new Tracker({ ...shared, ...place }) }
}

/** A project, and what becomes of a user's wish where Weights & Biases cannot be reached. */
export interface WandbAccess {
  /** Undefined where Weights & Biases is not wanted. */
  tracker: WandbTracker | undefined
  onUnavailable: (error: ReversalError) => void
}

/** The project that the flags name, where they want one. */
export async function openAccess(options: OpenWandbOptions): Promise<WandbAccess> {
  const { flags, say } = options
  const wanted = wantsWandb({ env: await readEnvironment(), flags: wandbChoice(flags) })
  return {
    tracker: wanted ? await openProject(options) : undefined,
    onUnavailable: (error) => say(renderWarning(error)),
  }
}

/** The project that flags, environment or settings files name. */
export async function openProject(options: OpenWandbOptions): Promise<WandbTracker> {
  const { settings, open } = await openWandb(options)
  return open({ entity: settings.entity, project: requireProject(settings) })
}

/** Do something on Weights & Biases; where that can only be done later, say so. */
export async function mirrored<T>(
  work: Promise<T>,
  { onUnavailable }: Pick<WandbAccess, 'onUnavailable'>,
): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (!isUnavailable(error)) throw error
    onUnavailable(error)
    return undefined
  }
}

/** Where W&B's own client keeps keys and settings. */
async function readSettingsFiles(env: Environment) {
  const home = homedir()
  const netrcs = env.NETRC ? [env.NETRC] : [join(home, '.netrc'), join(home, '_netrc')]
  const files = [
    join(env.WANDB_DIR || '.', 'wandb/settings'),
    join(env.WANDB_CONFIG_DIR || join(home, '.config/wandb'), 'settings'),
  ]
  const [texts, settings] = await Promise.all(
    [netrcs, files].map((paths) => Promise.all(paths.map(readTextIfExists))),
  )
  return {
    netrc: texts?.find((text) => text !== undefined),
    files: settings?.filter((text) => text !== undefined),
  }
}
