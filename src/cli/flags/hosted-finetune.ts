import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import type { ProviderOptions } from '../../lib/finetuning/open-provider.ts'
import { APIS } from '../../lib/models/openai/address.ts'
import { InputError } from '../../lib/support/errors.ts'
import { underscoreAliases } from './common.ts'
import { addressFlags, HOSTED_MODELS as helpGroup, serverOptions, timeoutFlag } from './server.ts'

export const pricesFlag = Flags.custom<string>({
  summary: 'JSON file of prices',
  defaultHelp: async () => 'those that ship with the tool',
  helpGroup,
})

/** How a new run is made by who fine-tunes for others. */
const ownFlags = {
  api: Flags.option({
    options: APIS,
    summary: 'train hosted models on chats or on plain text',
    defaultHelp: async () => 'what the model’s name suggests',
    helpGroup,
  })(),
  system: Flags.string({ summary: 'system message before each prompt of a chat', helpGroup }),
  prices: pricesFlag({}),
  'wandb-project': Flags.string({
    summary: 'project of Weights & Biases to which OpenAI sends the losses',
    helpGroup,
  }),
  'wandb-entity': Flags.string({
    summary: 'team or user that owns the project',
    helpGroup,
  }),
}

/** Where hosted runs are, and how new ones are made. */
export const hostedFinetuneFlags = underscoreAliases({ ...addressFlags, timeout: timeoutFlag, ...ownFlags })

type HostedFinetuneFlags = Interfaces.InferredFlags<typeof hostedFinetuneFlags> & { provider: string }

/** The flags as providers take them. Throws InputError NOT_HOSTED for those that say nothing to local models. */
export async function hostedFinetuneOptions(
  flags: HostedFinetuneFlags,
  { offline }: { offline: boolean },
): Promise<ProviderOptions['hosted']> {
  const given = Object.keys(ownFlags).find((name) => flags[name as keyof typeof ownFlags] !== undefined)
  if (flags.provider === 'local' && given !== undefined) {
    throw new InputError(`--${given} is for hosted models: use --provider openai.`, { code: 'NOT_HOSTED' })
  }
  const { api, system, prices, 'wandb-project': project, 'wandb-entity': entity } = flags
  if (entity !== undefined && project === undefined) {
    throw new InputError('--wandb-entity needs a project: use --wandb-project, too.', {
      code: 'WANDB_NO_PROJECT',
    })
  }
  return {
    ...(await serverOptions(flags)),
    api,
    system,
    prices,
    wandb: project === undefined ? undefined : { project, entity },
    offline,
  }
}
