import type { DeviceOptions } from '../engine/device.ts'
import { InputError } from '../support/errors.ts'
import type { LanguageModel } from './language-model.ts'
import type { HostedModelOptions } from './openai/hosted-model.ts'

/** A model in a folder of this machine, or one by the name that its provider gives it. */
export type ModelReference =
  | { id?: string; directory: string; provider?: never }
  | { id: string; provider: string; directory?: never }

/** Where local models run, and how hosted ones are spoken to. */
export interface OpenModelOptions extends DeviceOptions {
  hosted?: Omit<HostedModelOptions, 'model'> | undefined
}

/** Open a model, loading only the client that it needs. Throws InputError MODEL_UNKNOWN where no client knows it. */
export async function openModel(
  reference: ModelReference,
  { hosted, ...device }: OpenModelOptions = {},
): Promise<LanguageModel> {
  const { id, directory, provider } = reference
  if (directory !== undefined) {
    const { openLocalModel } = await import('./local.ts')
    return openLocalModel({ id, directory, ...device })
  }
  if (provider === 'openai') {
    const { openHostedModel } = await import('./openai/hosted-model.ts')
    return openHostedModel({ ...hosted, model: id })
  }
  throw new InputError(`The model ${id} is not on this machine.`, {
    code: 'MODEL_UNKNOWN',
    suggestions: ['say a run (reversal runs:list shows them) or the folder of a trained model'],
  })
}
