import type { Api } from '../../models/openai/address.ts'
import { APIS } from '../../models/openai/address.ts'
import type { OptionsSchema, OptionValues } from '../../schemas/option-values.ts'
import { InputError } from '../../support/errors.ts'

/** The user's settings for new runs at such a server. No key is ever recorded. */
export interface OpenAISettings {
  /** A file of prices in place of those that ship with the tool. */
  prices?: string | undefined
  /** Whether new runs are trained on chats or on plain text; by default what the model's name suggests. */
  api?: Api | undefined
  /** Message of the system in each chat of new runs. */
  system?: string | undefined
  /**
   * A Weights & Biases project to which the server sends its measurements; the server holds the key for it.
   */
  wandb?: { project: string; entity?: string | undefined } | undefined
}

export const openaiSettings: OptionsSchema = {
  type: 'object',
  properties: {
    api: { type: 'string', enum: APIS, description: 'train on chats or on plain text' },
    system: { type: 'string', description: 'system message before each prompt of a chat' },
    prices: { type: 'string', description: 'JSON file of prices' },
    wandb_project: {
      type: 'string',
      description: 'Weights & Biases project to which the server sends the losses',
    },
    wandb_entity: { type: 'string', description: 'team or user that owns the project' },
  },
  additionalProperties: false,
}

/** Settings that fit their schema, as the provider takes them. Throws InputError WANDB_NO_PROJECT. */
export function readSettings(values: OptionValues): OpenAISettings {
  const {
    api,
    system,
    prices,
    wandb_project: project,
    wandb_entity: entity,
  } = values as Partial<Record<string, string>>
  if (entity !== undefined && project === undefined) {
    throw new InputError('--wandb-entity also needs --wandb-project.', {
      code: 'WANDB_NO_PROJECT',
    })
  }
  return {
    ...{ api: api as Api | undefined, system, prices },
    wandb: project === undefined ? undefined : { project, entity },
  }
}
