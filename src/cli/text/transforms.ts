import { renderTable, wrapText } from './table.ts'

interface ListedTransform {
  name: string
  plugin: string
  summary: string
  options: Readonly<Record<string, unknown>>
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

interface ListedOption {
  default?: string | number | boolean
  description?: string
  enum?: readonly (string | number)[]
}

/** Transforms with descriptions of their options. */
export function renderTransformOptions(transforms: readonly ListedTransform[]): string {
  return transforms
    .map(({ name, summary, options }) => {
      const rows = Object.entries(options as Record<string, ListedOption>).map(([key, option]) => {
        const choice = option.enum === undefined ? '' : `: ${option.enum.join(' or ')}`
        return [key, String(option.default ?? '–'), `${option.description ?? ''}${choice}`]
      })
      const table = renderTable([{ head: 'option' }, { head: 'default' }, { head: 'meaning' }], rows)
      const about = wrapText(`${name}: ${summary}`)
      return rows.length === 0 ? `${about}\nIt has no options.` : `${about}\n\n${table}`
    })
    .join('\n\n')
}
