import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HUB_PREFIX, parseRepository } from '../../engine/pretrained/hub/repository.ts'
import { InputError } from '../../support/errors.ts'
import { exists, sha256File } from '../../support/files.ts'
import type { ClientOptions } from '../model-client.ts'

/** A model that a job runs. */
export interface JobModel {
  /** Names it in evaluations. */
  id: string
  /** Its folder, or its repository of the Hub. */
  model: string
  revision: string | null
  /** Undefined for a repository of the Hub. */
  path: string | undefined
}

/** Files whose content identifies the model; the first that exists is used. */
const WEIGHTS = ['adapter_model.safetensors', 'model.safetensors', 'model.safetensors.index.json']

/**
 * The model of a reference: one that a run made, in its folder, or one that a user names by `prefix` and a path or a
 * repository of the Hub. Throws InputError MODEL_NOT_FOUND.
 */
export async function locateJobModel(
  { reference: { id = '', directory }, jobs }: Pick<ClientOptions, 'reference' | 'jobs'>,
  { prefix }: { prefix: string },
): Promise<JobModel> {
  const cwd = (await jobs?.())?.cwd ?? ''
  if (directory !== undefined) return { id, ...(await locateModel(directory, { cwd, prefix })) }
  const located = await locateModel(id.slice(prefix.length), { cwd, prefix })
  const { path } = located
  return { id: path === undefined ? id : `${prefix}${path}@${await checksumOf(path)}`, ...located }
}

async function locateModel(
  name: string,
  { cwd, prefix }: { cwd: string; prefix: string },
): Promise<Omit<JobModel, 'id'>> {
  if (name.startsWith(HUB_PREFIX)) {
    const { name: model, revision } = parseRepository(name)
    return { model, revision, path: undefined }
  }
  const path = resolve(cwd, name)
  if (await exists(path)) return { model: path, revision: null, path }
  throw new InputError(`There is no model at ${path}.`, {
    code: 'MODEL_NOT_FOUND',
    suggestions: [`use it from the Hugging Face Hub: ${prefix}${HUB_PREFIX}ORG/NAME`],
  })
}

/** The first digits of the checksum of a model's weights. */
async function checksumOf(path: string): Promise<string> {
  const isFolder = (await stat(path)).isDirectory()
  for (const file of isFolder ? WEIGHTS.map((weights) => join(path, weights)) : [path]) {
    if (await exists(file)) return (await sha256File(file)).slice(0, 12)
  }
  throw new InputError(`${path} contains no model: it has no safetensors.`, { code: 'MODEL_NOT_FOUND' })
}
