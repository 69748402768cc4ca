import { homedir, tmpdir } from 'node:os'
import type { HubSettings } from '../../lib/engine/pretrained/hub/settings.ts'
import { hubSettings } from '../../lib/engine/pretrained/hub/settings.ts'
import type { JobSettings } from '../../lib/models/model-client.ts'
import { readTextIfExists } from '../../lib/support/files.ts'
import { parseEnv } from '../../lib/support/node-util.ts'

/**
 * The environment, plus the variables of a `.env` file in the working directory. The real environment wins.
 */
export async function readEnvironment(): Promise<NodeJS.Dict<string>> {
  const file = await readTextIfExists('.env')
  // Windows editors start files with a byte order mark.
  return { ...parseEnv(file?.replace(/^\uFEFF/, '') ?? ''), ...process.env }
}

/** The settings of a Python job that depend on this command's environment. */
export async function readJobSettings(): Promise<JobSettings> {
  const environment = await readEnvironment()
  const { REVERSAL_PYTHON } = environment
  return {
    ...{ home: tmpdir(), cwd: process.cwd(), environment },
    ...(REVERSAL_PYTHON && { python: REVERSAL_PYTHON }),
  }
}

/** The address and cache of the Hugging Face Hub, from the same settings as its own tools. */
export async function readHubSettings(): Promise<HubSettings> {
  return hubSettings(await readEnvironment(), homedir())
}
