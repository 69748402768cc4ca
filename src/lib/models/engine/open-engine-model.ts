import type { DeviceOptions } from '../../engine/device.ts'
import { loadModel } from '../../engine/model.ts'
import type { LanguageModel } from '../language-model.ts'

export interface LocalModelOptions extends DeviceOptions {
  /** Folder of a trained model, such as a run's `model/`. */
  directory: string
  /** Such as `local/ada:RUN_ID`; where it is not given, the folder and the checksum of the weights. */
  id?: string | undefined
}

/**
 * A model that the embedded engine trained. Throws InputError MODEL_NOT_FOUND or DEVICE_UNAVAILABLE,
 * ReversalError FILE_CORRUPT.
 */
export async function openLocalModel({
  directory,
  id,
  ...device
}: LocalModelOptions): Promise<LanguageModel> {
  const model = await loadModel(directory, device)
  return {
    id: id ?? `local:${directory}@${model.checksum.slice(0, 12)}`,
    hosted: false,
    generate: (prompts, options) => model.generate(prompts, options),
    score: (requests, options) => model.score(requests, options),
    scoring: async () => ({ available: true }),
    close: () => model.close(),
  }
}
