/** The cache that Hugging Face's tools share: `models--ORG--NAME/{refs,blobs,snapshots}`. */
import { copyFile, mkdir, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { hasErrorCode } from '../../../support/errors.ts'
import { exists, readTextIfExists, writeAtomic } from '../../../support/files.ts'
import type { Repository } from './repository.ts'
import { isCommit } from './repository.ts'

/** The files of a model, besides its weights: one file, or an index and the files that it names. */
export const MODEL_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
]
export const ADAPTER_FILES = ['adapter_config.json', 'adapter_model.safetensors']
export const SINGLE_WEIGHTS = 'model.safetensors'
export const WEIGHTS_INDEX = 'model.safetensors.index.json'

/** The folder of a repository in the cache. */
export class CachedRepository {
  readonly directory: string

  constructor(cacheDirectory: string, { name }: Pick<Repository, 'name'>) {
    this.directory = join(cacheDirectory, `models--${name.replaceAll('/', '--')}`)
  }

  /** The commit that a branch or tag was at when it was last fetched. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision
    const commit = (await readTextIfExists(this.#ref(revision)))?.trim()
    return commit !== undefined && isCommit(commit) ? commit : undefined
  }

  async rememberCommit(revision: string, commit: string): Promise<void> {
    if (!isCommit(revision)) await writeAtomic(this.#ref(revision), commit)
  }

  snapshot(commit: string): string {
    return join(this.directory, 'snapshots', commit)
  }

  /** The folder of a commit; undefined if a file of the model, or of its description, is missing from it. */
  async wholeSnapshot(
    commit: string,
    { withoutWeights = false }: { withoutWeights?: boolean } = {},
  ): Promise<string | undefined> {
    const directory = this.snapshot(commit)
    const has = (names: readonly string[]) =>
      Promise.all(names.map((name) => exists(join(directory, name)))).then((found) => found.every(Boolean))
    if (await has(ADAPTER_FILES)) return directory
    if (!(await has(['config.json', 'tokenizer.json']))) return undefined
    if (withoutWeights || (await has([SINGLE_WEIGHTS]))) return directory
    const index = await readTextIfExists(join(directory, WEIGHTS_INDEX))
    return index !== undefined && (await has(shardsOf(index))) ? directory : undefined
  }

  blob(etag: string): string {
    return join(this.directory, 'blobs', etag)
  }

  /** Adds a file, whose content is already stored under its etag, to a commit's folder. */
  async link(commit: string, file: string, etag: string): Promise<void> {
    const path = join(this.snapshot(commit), file)
    if (await exists(path)) return
    await mkdir(dirname(path), { recursive: true })
    try {
      await symlink(relative(dirname(path), this.blob(etag)), path)
    } catch (error) {
      // Windows lets only some users create links; another process may have been faster.
      if (hasErrorCode(error, 'EPERM')) await copyFile(this.blob(etag), path)
      else if (!hasErrorCode(error, 'EEXIST')) throw error
    }
  }

  #ref(revision: string): string {
    return join(this.directory, 'refs', revision)
  }
}

/** The files of weights that an index names; none if it is damaged. */
export function shardsOf(index: string): string[] {
  try {
    const { weight_map: map = {} } = JSON.parse(index) as { weight_map?: Record<string, string> }
    return [...new Set(Object.values(map))].filter((name) => /^[^/\\]+\.safetensors$/.test(name))
  } catch {
    return []
  }
}
