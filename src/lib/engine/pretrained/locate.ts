import { basename, resolve } from 'node:path'
import type { BaseModel } from './adapter-files.ts'
import type { DownloadProgress } from './hub/download.ts'
import { fetchModel } from './hub/download.ts'
import { HUB_PREFIX, parseRepository } from './hub/repository.ts'
import type { HubSettings, ReadHubSettings } from './hub/settings.ts'
import type { FindBase } from './read-pretrained.ts'

export interface LocateOptions extends HubSettings {
  /** Paths start here. */
  cwd: string
  onProgress?: ((progress: DownloadProgress) => void) | undefined
  signal?: AbortSignal | undefined
}

export interface LocatedModel {
  /** Absolute path of a folder or GGUF file. */
  path: string
  /** An adapter's reference to it: a repository with its commit, or the path. */
  base: BaseModel
}

/**
 * The files of a model: at a path, or of `hf:ORG/NAME[@REVISION]` in Hugging Face's cache, downloaded if they are
 * missing. Throws as `fetchModel` and `parseRepository`; whether a path holds a model is found out when it is read.
 */
export async function locatePretrained(name: string, options: LocateOptions): Promise<LocatedModel> {
  if (!name.startsWith(HUB_PREFIX)) {
    const path = resolve(options.cwd, name)
    return { path, base: { name: path } }
  }
  const repository = parseRepository(name)
  const path = await fetchModel(repository, options)
  return { path, base: { name: repository.name, revision: basename(path) } }
}

/** Finds an adapter's model: a path relative to the folder of the adapter, else a repository. */
export function findBaseWith(options: LocateOptions): FindBase {
  return async ({ name, revision }) => {
    const isPath = /^([./\\~]|[A-Za-z]:)/.test(name) || name.endsWith('.gguf')
    const text = isPath ? name : `${HUB_PREFIX}${name}${revision === undefined ? '' : `@${revision}`}`
    return (await locatePretrained(text, options)).path
  }
}

/** Like `findBaseWith`, but reads the environment's Hub settings only if there is an adapter. */
export function findBaseByHub(
  hub: ReadHubSettings,
  options: Omit<LocateOptions, keyof HubSettings>,
): FindBase {
  return async (base) => findBaseWith({ ...(await hub()), ...options })(base)
}
