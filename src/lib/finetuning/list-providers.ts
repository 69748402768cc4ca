import type { OptionsSchema } from '../schemas/option-values.ts'
import type { Registry } from '../support/registry.ts'
import { chooseProvider, openProvider } from './open-provider.ts'
import type { FineTuneProvider, ProviderDescriptor, ProviderOptions, TrainableModel } from './provider.ts'

/** A provider with the models that it can fine-tune. */
export interface ListedProvider {
  name: string
  plugin: string
  summary: string
  runs: FineTuneProvider['runs']
  /** True for the default provider. */
  usual: boolean
  options: OptionsSchema['properties']
  models: TrainableModel[]
}

/** All providers, sorted by name. Sends no requests. */
export async function listProviders({
  providers,
  ...options
}: ProviderOptions & { providers: Registry<ProviderDescriptor> }): Promise<ListedProvider[]> {
  const usual = chooseProvider(providers, undefined)
  return Promise.all(
    providers.list().map(async (registered): Promise<ListedProvider> => {
      const { entry, plugin } = registered
      await using provider = await openProvider(registered, options)
      const { name, summary, runs } = entry
      const told = { name, plugin, summary, runs, usual: entry === usual.entry }
      return { ...told, options: entry.options?.properties ?? {}, models: await provider.models() }
    }),
  )
}
