import { InputError } from '../support/errors.ts'
import type { Registry } from '../support/registry.ts'
import { prefixedModel } from './find-model.ts'
import type { LanguageModel } from './language-model.ts'
import type { ModelClient, ModelOptions, ModelReference } from './model-client.ts'

export interface OpenModelOptions extends ModelOptions {
  models: Registry<ModelClient>
}

const METHODS = ['generate', 'score', 'scoring', 'close'] as const

/**
 * Opens a model, loading only the client that it needs. Throws InputError MODEL_UNKNOWN if no client has it,
 * MODEL_INVALID if a plugin's client returns something else than a model.
 */
export async function openModel(
  reference: ModelReference,
  { models, ...options }: OpenModelOptions,
): Promise<LanguageModel> {
  const { id = reference.directory } = reference
  const name = reference.client ?? (id === undefined ? undefined : prefixedModel(id, models)?.client)
  const client = name === undefined ? undefined : models.find(name)
  if (client === undefined) {
    throw new InputError(`The model ${id} is not on this machine.`, {
      code: 'MODEL_UNKNOWN',
      suggestions: ['use a run ID (reversal runs:list shows them) or the folder of a trained model'],
    })
  }
  const { entry, plugin } = client
  const model: Partial<LanguageModel> | undefined = await entry.open({ ...options, reference })
  const missing = METHODS.find((method) => typeof model?.[method] !== 'function')
  if (missing !== undefined || typeof model?.id !== 'string') {
    const flaw = missing === undefined ? 'has no ID' : `lacks the function ${missing}`
    throw new InputError(`The model ${id}, as ${entry.name} of ${plugin} opens it, ${flaw}.`, {
      code: 'MODEL_INVALID',
    })
  }
  return model as LanguageModel
}
