import { InputError } from '../support/errors.ts'
import { nearest } from '../support/nearest.ts'
import type { LocalProviderOptions } from './local/provider.ts'
import type { FineTuneProvider } from './provider.ts'

export type ProviderOptions = LocalProviderOptions

const PROVIDERS: Readonly<Record<string, (options: ProviderOptions) => Promise<FineTuneProvider>>> = {
  async local(options) {
    const { LocalProvider } = await import('./local/provider.ts')
    return new LocalProvider(options)
  },
}

/** Open a provider by its name, loading only what it needs. Throws InputError PROVIDER_UNKNOWN. */
export async function openProvider(name: string, options: ProviderOptions): Promise<FineTuneProvider> {
  const open = PROVIDERS[name]
  if (open !== undefined) return open(options)
  const names = Object.keys(PROVIDERS)
  const [guess] = nearest(name, names)
  const hint = guess === undefined ? `They are ${names.join(', ')}.` : `Did you mean ${guess}?`
  throw new InputError(`There is no provider ${name}. ${hint}`, { code: 'PROVIDER_UNKNOWN' })
}
