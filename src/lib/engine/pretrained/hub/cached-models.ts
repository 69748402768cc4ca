import { join } from 'node:path'
import { ReversalError } from '../../../support/errors.ts'
import { directoryNames, readTextIfExists } from '../../../support/files.ts'
import type { Architecture } from '../architecture.ts'
import { parseConfig } from '../config-file.ts'
import { FormatError } from '../failures.ts'
import { countPretrainedParameters } from '../parameters.ts'
import { CachedRepository } from './cache.ts'
import { HUB_PREFIX } from './repository.ts'

/** A model that can be used without fetching anything. */
export interface CachedModel {
  /** Such as `hf:HuggingFaceTB/SmolLM2-135M`. */
  name: string
  architecture: Architecture
  parameters: number
}

const FOLDER = /^models--(.+)$/

/** The whole models of the cache that the engine knows, sorted by name. */
export async function listCachedModels(cacheDirectory: string): Promise<CachedModel[]> {
  const folders = await directoryNames(cacheDirectory)
  const found = await Promise.all(folders.map((folder) => readModel(cacheDirectory, folder)))
  return found.flat().toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

async function readModel(cacheDirectory: string, folder: string): Promise<CachedModel[]> {
  const [, rest] = FOLDER.exec(folder) ?? []
  if (rest === undefined) return []
  const repository = rest.replace('--', '/')
  const cached = new CachedRepository(cacheDirectory, { name: repository })
  const commit = await cached.commitOf('main')
  const directory = commit === undefined ? undefined : await cached.wholeSnapshot(commit)
  if (directory === undefined) return []
  const path = join(directory, 'config.json')
  try {
    const json = JSON.parse((await readTextIfExists(path)) ?? 'null')
    if (typeof json !== 'object' || json === null) return []
    const config = parseConfig(json, path, { hasOutput: false })
    const { architecture } = config
    return [
      { name: `${HUB_PREFIX}${repository}`, architecture, parameters: countPretrainedParameters(config) },
    ]
  } catch (error) {
    // Models that the engine cannot use belong to other programs.
    const known = [ReversalError, FormatError, SyntaxError]
    if (known.some((kind) => error instanceof kind)) return []
    throw error
  }
}
