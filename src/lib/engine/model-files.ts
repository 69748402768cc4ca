import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode, InputError, ReversalError } from '../support/errors.ts'
import { exists, writeDirectoryAtomic, writeJson } from '../support/files.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import type { TransformerConfig } from './sizes.ts'
import type { Tokenizer, TokenizerRecord } from './tokenizer.ts'
import { restoreTokenizer } from './tokenizer.ts'
import { parameterSpecs } from './transformer.ts'
import type { Arrays } from './weights.ts'

/** A trained model as its directory holds it. */
export interface StoredModel {
  config: TransformerConfig
  tokenizer: Tokenizer
  weights: Arrays
  /** SHA-256 of the weights. */
  checksum: string
}

const FILES = { config: 'config.json', tokenizer: 'tokenizer.json', weights: 'model.safetensors' }

/** True if the directory contains a complete model. */
export async function isModel(directory: string): Promise<boolean> {
  return exists(join(directory, FILES.weights))
}

/** Writes a model's directory, completely or not at all. */
export async function saveModel(
  directory: string,
  { config, tokenizer, weights }: Omit<StoredModel, 'checksum'>,
): Promise<void> {
  await writeDirectoryAtomic(directory, async (temporary) => {
    await writeJson(join(temporary, FILES.config), config)
    await writeJson(join(temporary, FILES.tokenizer), tokenizer.record)
    await writeSafetensors(join(temporary, FILES.weights), weights, { format: 'reversal' })
  })
}

/** Reads a model's directory. Throws InputError MODEL_NOT_FOUND, ReversalError FILE_CORRUPT. */
export async function readModel(directory: string): Promise<StoredModel> {
  if (!(await isModel(directory))) {
    throw new InputError(`There is no model in ${directory}.`, { code: 'MODEL_NOT_FOUND' })
  }
  const [config, record, { arrays, checksum }] = await Promise.all([
    readRecord<TransformerConfig>(join(directory, FILES.config)),
    readRecord<TokenizerRecord>(join(directory, FILES.tokenizer)),
    readSafetensors(join(directory, FILES.weights)),
  ])
  assertFitting(directory, config, arrays)
  return { config, tokenizer: await restoreTokenizer(record), weights: arrays, checksum }
}

async function readRecord<T>(path: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch (cause) {
    if (cause instanceof SyntaxError) throw corrupt(`${path} is damaged: it is not JSON.`)
    if (hasErrorCode(cause, 'ENOENT')) throw corrupt(`${path} is missing.`)
    throw cause
  }
}

/** The weights that a configuration asks for must be there, in their shapes. */
function assertFitting(directory: string, config: TransformerConfig, weights: Arrays): void {
  const wanted = (config?.layers ?? 0) > 0 ? parameterSpecs(config) : []
  const fits = wanted.every(({ name, shape }) => weights.get(name)?.shape.join() === shape.join())
  if (wanted.length === weights.size && fits) return
  throw corrupt(`${join(directory, FILES.config)} does not describe the weights in ${FILES.weights}.`)
}

function corrupt(message: string): ReversalError {
  return new ReversalError(message, { code: 'FILE_CORRUPT' })
}
