import { InputError } from '../support/errors.ts'
import type { Registered, Registry } from '../support/registry.ts'
import type {
  FineTuneProvider,
  FineTuneRequest,
  JobProvider,
  ProviderDescriptor,
  ProviderOptions,
  RepeatableProvider,
  TrainingProvider,
} from './provider.ts'

type Method<Provider> = Exclude<
  keyof Provider,
  'name' | 'runs' | 'discover' | 'nameModel' | 'diagnose' | symbol
>

const SHARED = ['models', 'estimate', 'create', 'follow', 'cancel'] as const
const METHODS = {
  here: [...SHARED, 'hyperparametersOf', 'train'] satisfies Method<TrainingProvider>[],
  elsewhere: [...SHARED, 'submit', 'refresh', 'collect'] satisfies Method<JobProvider>[],
}

/**
 * The provider of that name or, by default, the first that trains on this machine. Throws InputError PROVIDER_UNKNOWN.
 */
export function chooseProvider(
  providers: Registry<ProviderDescriptor>,
  name: string | undefined,
): Registered<ProviderDescriptor> {
  const usual = name === undefined ? providers.first(({ runs }) => runs === 'here') : providers.get(name)
  if (usual === undefined) {
    throw new InputError('No provider trains on this machine.', { code: 'PROVIDER_UNKNOWN' })
  }
  return usual
}

/**
 * Opens a provider, loading only what it needs. Throws InputError PROVIDER_INVALID if a plugin's object is not a
 * provider. Runs are recorded with the provider's name.
 */
export async function openProvider(
  { entry, plugin }: Registered<ProviderDescriptor>,
  options: ProviderOptions,
): Promise<FineTuneProvider> {
  const provider = await entry.open(options)
  const flaw = findFlaw(provider, entry)
  if (flaw !== undefined) {
    throw new InputError(`The provider ${entry.name} of ${plugin} ${flaw}.`, { code: 'PROVIDER_INVALID' })
  }
  return provider
}

/** How a provider names models, for `fineTuneRequests`; most keep the user's names unchanged. */
export function namingModels(
  provider: FineTuneProvider,
  options: { cwd: string; signal: AbortSignal },
): (name: string) => Promise<string> {
  return async (name) => (await provider.nameModel?.(name, options)) ?? name
}

/** Converts a budget into epochs, for a provider that trains within one. */
export function epochsWithinBudget(
  provider: FineTuneProvider,
): ((request: FineTuneRequest) => Promise<number>) | undefined {
  if (provider.runs !== 'here' || provider.epochsWithin === undefined) return undefined
  return (request) => provider.epochsWithin!(request)
}

/**
 * The provider, if runs can be compared before they are created; undefined for one on a server that does not support
 * it.
 */
export function repeatableProvider(provider: FineTuneProvider): RepeatableProvider | undefined {
  return provider.hyperparametersOf === undefined ? undefined : (provider as RepeatableProvider)
}

/** Like `openProvider`, for the named provider or else the first that trains here. Throws InputError NOT_LOCAL. */
export async function openTrainingProvider(
  providers: Registry<ProviderDescriptor>,
  name: string | undefined,
  options: ProviderOptions,
): Promise<TrainingProvider> {
  const provider = await openProvider(chooseProvider(providers, name), options)
  if (provider.runs === 'here') return provider
  await provider[Symbol.asyncDispose]()
  throw new InputError(`Runs of ${provider.name} are not trained on this machine.`, { code: 'NOT_LOCAL' })
}

/** Why a plugin's object, which may not have been type-checked, is not a provider. */
function findFlaw(
  provider: FineTuneProvider | undefined,
  { name, runs }: ProviderDescriptor,
): string | undefined {
  if (provider?.name !== name) return `opens one called ${provider?.name}`
  if (provider.runs !== runs) return `is declared to run ${runs} but opens one that runs ${provider.runs}`
  const own = provider as unknown as Record<PropertyKey, unknown>
  const missing = METHODS[runs].find((method) => typeof own[method] !== 'function')
  if (missing !== undefined) return `lacks the function ${missing}`
  return typeof own[Symbol.asyncDispose] === 'function' ? undefined : 'lacks Symbol.asyncDispose'
}
