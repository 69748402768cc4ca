import { renderTable } from './table.ts'

interface ListedTransform {
  name: string
  plugin: string
  summary: string
  options: Readonly<Record<string, { default?: unknown } | unknown>>
}

/** The transforms that dataset:transform knows, with their options and defaults. */
export function renderTransforms(transforms: readonly ListedTransform[]): string {
  return renderTable(
    [{ head: 'transform' }, { head: 'plugin' }, { head: 'options' }, { head: 'what it does' }],
    transforms.map(({ name, plugin, summary, options }) => {
      const known = Object.entries(options).map(([key, option]) => {
        const standard = (option as { default?: unknown }).default
        return standard === undefined ? key : `${key}=${standard}`
      })
      return [name, plugin, known.join(' ') || '–', summary]
    }),
  )
}
