import type { ProviderDescriptor } from '../../lib/finetuning/provider.ts'
import { InputError } from '../../lib/support/errors.ts'
import type { Registry } from '../../lib/support/registry.ts'

/** Throws InputError FLAG_UNUSED if one of the flags that were given does not apply to the provider, with those that take it. */
export function refuseInapplicable(
  given: readonly string[],
  {
    provider,
    providers,
    applies = ({ flags }, name) => flags?.includes(name) === true,
  }: {
    provider: ProviderDescriptor
    providers: Registry<ProviderDescriptor>
    applies?: (provider: ProviderDescriptor, flag: string) => boolean
  },
): void {
  const unused = given.find((name) => !applies(provider, name))
  if (unused === undefined) return
  const takers = providers.list().flatMap(({ entry }) => (applies(entry, unused) ? entry.name : []))
  throw new InputError(
    `--${unused} does not apply to ${provider.name}: use it with --provider ${takers.join(' or ')}.`,
    { code: 'FLAG_UNUSED' },
  )
}
