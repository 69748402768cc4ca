import { InputError } from '../support/errors.ts'
import { nearest } from '../support/nearest.ts'
import type { LocalProviderOptions } from './local/provider.ts'
import type { OpenAIProviderOptions } from './openai/provider.ts'
import type { FineTuneProvider } from './provider.ts'

/** How this machine trains, and how hosted models are trained. */
export interface ProviderOptions extends LocalProviderOptions {
  hosted?: Omit<OpenAIProviderOptions, 'store' | 'toolVersion' | 'now'> | undefined
}

const PROVIDERS: Readonly<Record<string, (options: ProviderOptions) => Promise<FineTuneProvider>>> = {
  async local(options) {
    const { LocalProvider } = await import('./local/provider.ts')
    return new LocalProvider(options)
  },
  async openai({ hosted, store, toolVersion }) {
    const { OpenAIProvider } = await import('./openai/provider.ts')
    return new OpenAIProvider({ ...hosted, store, toolVersion })
  },
}

/** True for the name of a provider of this version. */
export function isProvider(name: string): boolean {
  return Object.hasOwn(PROVIDERS, name)
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
