import { homedir } from 'node:os'
import { parseEnv } from 'node:util'
import type { HubSettings } from '../../lib/engine/pretrained/hub/settings.ts'
import { hubSettings } from '../../lib/engine/pretrained/hub/settings.ts'
import { readTextIfExists } from '../../lib/support/files.ts'

/** The environment, with what a `.env` file in the working directory adds to it. The real environment wins. */
export async function readEnvironment(): Promise<NodeJS.Dict<string>> {
  const file = await readTextIfExists('.env')
  // Editors of Windows begin files with a byte order mark.
  return { ...parseEnv(file?.replace(/^\uFEFF/, '') ?? ''), ...process.env }
}

/** Where models of the Hugging Face Hub are, as its own tools are told. */
export async function readHubSettings(): Promise<HubSettings> {
  return hubSettings(await readEnvironment(), homedir())
}
