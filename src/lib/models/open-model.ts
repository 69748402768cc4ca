import type { DeviceOptions } from '../engine/device.ts'
import { InputError } from '../support/errors.ts'
import type { LanguageModel } from './language-model.ts'

/** A model by its name, such as `local/ada:RUN_ID`, by the folder that holds it, or by both. */
export type ModelReference = { id: string; directory?: never } | { id?: string; directory: string }

/** Open a model, loading only the client that it needs. Throws InputError MODEL_UNKNOWN where no client knows it. */
export async function openModel(
  reference: ModelReference,
  device: DeviceOptions = {},
): Promise<LanguageModel> {
  if (reference.directory !== undefined) {
    const { openLocalModel } = await import('./local.ts')
    return openLocalModel({ ...reference, ...device })
  }
  throw new InputError(`The model ${reference.id} is not on this machine.`, {
    code: 'MODEL_UNKNOWN',
    suggestions: ['say a run (reversal runs:list shows them) or the folder of a trained model'],
  })
}
