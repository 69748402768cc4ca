import { join, resolve } from 'node:path'
import { readTextIfExists } from '../../support/files.ts'
import type { Environment } from '../tracker.ts'
import type { SettingsSources } from './settings.ts'

export interface SettingsFilesOptions {
  env: Environment
  /** The home directory of the user. */
  userHome: string
  cwd: string
}

/** The key and settings files of W&B's own client. */
export async function readSettingsFiles({
  env,
  userHome,
  cwd,
}: SettingsFilesOptions): Promise<Pick<SettingsSources, 'netrc' | 'files'>> {
  const netrcs = env.NETRC ? [env.NETRC] : [join(userHome, '.netrc'), join(userHome, '_netrc')]
  const files = [
    join(env.WANDB_DIR || '.', 'wandb/settings'),
    join(env.WANDB_CONFIG_DIR || join(userHome, '.config/wandb'), 'settings'),
  ]
  const [texts, settings] = await Promise.all(
    [netrcs, files].map((paths) => Promise.all(paths.map((path) => readTextIfExists(resolve(cwd, path))))),
  )
  return {
    netrc: texts?.find((text) => text !== undefined),
    files: settings?.filter((text) => text !== undefined),
  }
}
