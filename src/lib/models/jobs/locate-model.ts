import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HUB_PREFIX, parseRepository } from '../../engine/pretrained/hub/repository.ts'
import { InputError } from '../../support/errors.ts'
import { exists, sha256File } from '../../support/files.ts'

export interface JobModel {
  model: string
  revision: string | null
  /** Undefined for a repository of the Hub. */
  path: string | undefined
}

/** Files whose content is that of the model, the first that is there. */
const WEIGHTS = ['adapter_model.safetensors', 'model.safetensors', 'model.safetensors.index.json']

/** A model that a job is to open, as a user names it: a path, or a repository of the Hub. Throws InputError MODEL_NOT_FOUND. */
export async function locateModel(
  name: string,
  { cwd, prefix }: { cwd: string; prefix: string },
): Promise<JobModel> {
  if (name.startsWith(HUB_PREFIX)) {
    const { name: model, revision } = parseRepository(name)
    return { model, revision, path: undefined }
  }
  const path = resolve(cwd, name)
  if (await exists(path)) return { model: path, revision: null, path }
  throw new InputError(`There is no model at ${path}.`, {
    code: 'MODEL_NOT_FOUND',
    suggestions: [`take it from the Hugging Face Hub: ${prefix}${HUB_PREFIX}ORG/NAME`],
  })
}

/** What names a model in evaluations; of a folder its path with the start of its weights' checksum. */
export async function identifyModel(
  name: string,
  { path, prefix }: { path: string | undefined; prefix: string },
): Promise<string> {
  if (path === undefined) return `${prefix}${name}`
  const isFolder = (await stat(path)).isDirectory()
  for (const file of isFolder ? WEIGHTS.map((weights) => join(path, weights)) : [path]) {
    if (await exists(file)) return `${prefix}${path}@${(await sha256File(file)).slice(0, 12)}`
  }
  throw new InputError(`${path} holds no model: it has no safetensors in it.`, { code: 'MODEL_NOT_FOUND' })
}
