import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import type { ProviderDescriptor, ProviderOptions } from '../../lib/finetuning/provider.ts'
import { isSetting } from '../../lib/finetuning/provider.ts'
import { APIS } from '../../lib/models/openai/address.ts'
import type { OptionValues } from '../../lib/schemas/option-values.ts'
import { checkOptionValues, parseOptionValues } from '../../lib/schemas/option-values.ts'
import type { Registry } from '../../lib/support/registry.ts'
import { underscoreAliases } from './common.ts'
import { refuseInapplicable } from './refuse-inapplicable.ts'
import { addressFlags, HOSTED_MODELS as helpGroup, serverOptions, timeoutFlag } from './server.ts'

export const pricesFlag = Flags.custom<string>({
  summary: 'JSON file of prices',
  defaultHelp: async () => 'the prices that ship with the tool',
  helpGroup,
})

/** How a hosted provider makes a new run. */
const ownFlags = {
  api: Flags.option({
    options: APIS,
    summary: 'train hosted models on chats or on plain text',
    defaultHelp: async () => 'chosen by the model’s name',
    helpGroup,
  })(),
  system: Flags.string({ summary: 'system message before each prompt of a chat', helpGroup }),
  prices: pricesFlag({}),
  'wandb-project': Flags.string({
    summary: 'Weights & Biases project to which OpenAI sends the losses',
    helpGroup,
  }),
  'wandb-entity': Flags.string({
    summary: 'team or user that owns the project',
    helpGroup,
  }),
}

/** Where hosted runs are, and how new ones are made. */
export const hostedFinetuneFlags = underscoreAliases({ ...addressFlags, timeout: timeoutFlag, ...ownFlags })

type HostedFinetuneFlags = Partial<Interfaces.InferredFlags<typeof hostedFinetuneFlags>>

/**
 * The flags as providers take them: the server, and the settings in the provider's schema, from flags and from
 * `--provider-option` alike. Throws InputError FLAG_UNUSED for flags that do not apply to this provider, BAD_OPTION.
 */
export async function hostedFinetuneOptions(
  flags: HostedFinetuneFlags & { 'provider-option'?: string[] | undefined },
  { provider, providers }: { provider: ProviderDescriptor; providers: Registry<ProviderDescriptor> },
): Promise<Pick<ProviderOptions, 'server' | 'settings'>> {
  const given = (Object.keys(ownFlags) as (keyof typeof ownFlags)[]).filter(
    (name) => flags[name] !== undefined,
  )
  refuseInapplicable(given, { provider, providers, applies: knows })
  return {
    server: await serverOptions(flags),
    settings: readSettings(provider, {
      texts: flags['provider-option'],
      flags: given.map((name) => [settingOf(name), flags[name]!] as const),
    }),
  }
}

function knows({ settings }: ProviderDescriptor, flag: string): boolean {
  return settings !== undefined && Object.hasOwn(settings.properties, settingOf(flag))
}

function settingOf(flag: string): string {
  return flag.replaceAll('-', '_')
}

function readSettings(
  { name, settings: schema }: ProviderDescriptor,
  { texts, flags }: { texts: readonly string[] | undefined; flags: readonly (readonly [string, string])[] },
): OptionValues | undefined {
  if (schema === undefined) return undefined
  const about = { schema, owner: `the provider ${name}` }
  const told = parseOptionValues(texts?.filter((text) => isSetting(text, { settings: schema })) ?? [], about)
  return checkOptionValues({ ...told, ...Object.fromEntries(flags) }, about)
}
