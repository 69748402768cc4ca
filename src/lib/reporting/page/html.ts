import { escapeMarkup } from '../../support/escape-markup.ts'

/** Markup that is inserted unescaped; all other values are escaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

type Value = Markup | string | number | readonly Value[] | undefined | false

/**
 * A template tag that escapes its values unless they are markup themselves; lists are joined, undefined and false are
 * left out.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(strings.reduce((page, part, index) => page + render(values[index - 1]) + part))
}

function render(value: Value): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Markup) return value.text
  if (typeof value === 'string' || typeof value === 'number') return escapeMarkup(String(value))
  return value.map(render).join('')
}
