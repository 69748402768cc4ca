import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { DeviceOptions } from '../engine/device.ts'
import { InputError } from '../support/errors.ts'
import type { OpeningOptions } from './gguf/open-gguf-model.ts'
import type { LanguageModel } from './language-model.ts'
import type { BatchOptions } from './openai/batch/batch-model.ts'
import type { HostedModelOptions } from './openai/hosted-model.ts'

/**
 * A model by its name, such as `gguf:PATH` or what its provider calls it, by the folder that holds it, or by name and
 * folder.
 */
export type ModelReference =
  | ({ id: string; provider?: string; directory?: never } & Manner)
  | { id?: string; directory: string; provider?: never }

/** How a hosted model was taught, and is spoken to unless a user says otherwise. */
type Manner = Pick<HostedModelOptions, 'api' | 'system'>

/** How models that run on this machine do so, and how hosted ones are spoken to. */
export interface OpenModelOptions extends DeviceOptions, OpeningOptions {
  hosted?: (Omit<HostedModelOptions, 'model'> & { batch?: BatchOptions | undefined }) | undefined
  /** Longest prompt with its completion in tokens, for GGUF models. */
  contextSize?: number | undefined
}

const GGUF = 'gguf:'

/** True for the name of a model in a GGUF file. */
export function isGgufName(name: string): boolean {
  return name.startsWith(GGUF)
}

/** The shell leaves a tilde as it is after a colon. */
function ggufPath(name: string): string {
  return resolve(name.slice(GGUF.length).replace(/^~(?=$|[\\/])/, () => homedir()))
}

/** Open a model, loading only the client that it needs. Throws InputError MODEL_UNKNOWN where no client knows it. */
export async function openModel(
  reference: ModelReference,
  { hosted, ...options }: OpenModelOptions = {},
): Promise<LanguageModel> {
  const { id, directory, provider } = reference
  if (directory !== undefined) {
    const { openLocalModel } = await import('./engine/open-engine-model.ts')
    return openLocalModel({ id, directory, ...options })
  }
  if (isGgufName(id)) {
    const { openGgufModel } = await import('./gguf/open-gguf-model.ts')
    return openGgufModel({ path: ggufPath(id), ...options })
  }
  if (provider === 'openai') {
    const { openHostedModel } = await import('./openai/hosted-model.ts')
    const { batch, ...said } = hosted ?? {}
    const { api = reference.api, system = reference.system } = said
    const server = { ...said, api, system }
    if (batch === undefined) return openHostedModel({ ...server, model: id })
    const { openBatchModel } = await import('./openai/batch/batch-model.ts')
    return openBatchModel({ ...server, batch, model: id })
  }
  throw new InputError(`The model ${id} is not on this machine.`, {
    code: 'MODEL_UNKNOWN',
    suggestions: ['say a run (reversal runs:list shows them) or the folder of a trained model'],
  })
}
