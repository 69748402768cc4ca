import { isSentOpenly } from '../../support/sent-openly.ts'
import type { OpenTrackerOptions, Waiting } from '../tracker.ts'
import { WandbClient } from './client.ts'
import type { WandbSettings } from './settings.ts'
import { requireProject, resolveWandb, wandbFlags } from './settings.ts'
import { readSettingsFiles } from './settings-files.ts'
import { WandbTracker } from './tracker.ts'
import { listWaiting } from './waiting.ts'

/** The project that options, environment or settings files name. */
export async function openProject(options: OpenTrackerOptions): Promise<WandbTracker> {
  const { settings, open } = await openServer(options)
  return open({ entity: settings.entity, project: requireProject(settings) })
}

/** What waits to be sent to the server, for any project. */
export async function waitingTasks(options: OpenTrackerOptions): Promise<Waiting> {
  const { settings, open } = await openServer(options)
  const runs = await listWaiting(options.store)
  const tasks = runs.flatMap(({ name, waiting }) =>
    waiting
      .filter((place) => place.base_url === settings.baseUrl)
      .map(({ entity, project }) => ({ name, tracker: open({ entity, project }) })),
  )
  return { address: settings.baseUrl, tasks }
}

interface Server {
  settings: WandbSettings
  /** Opens a tracker for a project; without an entity, that of the key is used. */
  open: (place: { entity?: string | undefined; project: string }) => WandbTracker
}

async function openServer(options: OpenTrackerOptions): Promise<Server> {
  const { env, store, cwd, signal, onWait, onOpenKey } = options
  const settings = resolveWandb({ env, flags: wandbFlags(options), ...(await readSettingsFiles(options)) })
  const { baseUrl, key, appUrl } = settings
  if (isSentOpenly(baseUrl)) onOpenKey?.({ variable: 'WANDB_API_KEY', url: baseUrl })
  const client = new WandbClient({ baseUrl, key, signal, onWait })
  return { settings, open: (place) => new WandbTracker({ client, appUrl, store, cwd, signal, ...place }) }
}
