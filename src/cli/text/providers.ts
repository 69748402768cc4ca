import type { ListedProvider } from '../../lib/finetuning/list-providers.ts'
import { renderTable, wrapText } from './table.ts'

/** Providers, each with a table of the models that it can fine-tune. */
export function renderProviders(providers: readonly ListedProvider[]): string {
  return providers.map(renderProvider).join('\n\n')
}

function renderProvider({ name, plugin, summary, runs, usual, options, models }: ListedProvider): string {
  const facts = [runs === 'here' ? 'trains here' : 'trains by jobs', ...(usual ? ['the default'] : [])]
  const told = Object.entries(options).map(([key, { description, default: standard }]) => {
    const value = standard === undefined ? key : `${key}=${standard}`
    return `  --provider-option ${value}: ${description}`
  })
  return [
    wrapText(`${name} (${plugin}; ${facts.join(', ')}): ${summary}`),
    ...told,
    models.length === 0
      ? 'It lists no models.'
      : renderTable(
          [{ head: 'model' }, { head: 'what it is' }],
          models.map((model) => [model.name, model.description]),
        ),
  ].join('\n')
}
