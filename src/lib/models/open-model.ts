import { resolve } from 'node:path'
import type { DeviceOptions } from '../engine/device.ts'
import { InputError } from '../support/errors.ts'
import type { LanguageModel } from './language-model.ts'

/** A model by its name, such as `local/ada:RUN_ID` or `gguf:PATH`, by the folder that holds it, or by both. */
export type ModelReference = { id: string; directory?: never } | { id?: string; directory: string }

/** How models that run on this machine do so. */
export interface OpenModelOptions extends DeviceOptions {
  /** Longest prompt with its completion in tokens, for GGUF models. */
  contextSize?: number | undefined
}

const GGUF = 'gguf:'

/** True for the name of a model in a GGUF file. */
export function isGgufName(name: string): boolean {
  return name.startsWith(GGUF)
}

/** Open a model, loading only the client that it needs. Throws InputError MODEL_UNKNOWN where no client knows it. */
export async function openModel(
  reference: ModelReference,
  options: OpenModelOptions = {},
): Promise<LanguageModel> {
  if (reference.directory !== undefined) {
    const { openLocalModel } = await import('./local.ts')
    return openLocalModel({ ...reference, ...options })
  }
  if (isGgufName(reference.id)) {
    const { openGgufModel } = await import('./gguf.ts')
    return openGgufModel({ path: resolve(reference.id.slice(GGUF.length)), ...options })
  }
  throw new InputError(`The model ${reference.id} is not on this machine.`, {
    code: 'MODEL_UNKNOWN',
    suggestions: ['say a run (reversal runs:list shows them) or the folder of a trained model'],
  })
}
