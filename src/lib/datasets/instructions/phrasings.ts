import { InputError } from '../../support/errors.ts'

/** Whether guidances state the question first, as the test does, or the answer first. */
export type Order = 'same' | 'reverse'

type Field = 'anchor' | 'target'

/** A way to word a guidance: text and, after each piece of it but the last, the question or the answer. */
export interface Phrasing {
  pieces: readonly { text: string; field?: Field }[]
  order: Order
}

const TOKEN = /\{\{|\}\}|\{(anchor|target)\}|[{}]/g

/**
 * Parses a phrasing as Python's `str.format` does: `{anchor}` and `{target}` are fields, `{{` and `}}` are literal
 * braces. Throws InputError BAD_PHRASING, whose message starts with the place: file and line.
 */
export function parsePhrasing(phrasing: string, place: string): Phrasing {
  const refuse = (problem: string) => {
    const suggestions = ['write it like this: Answer "Q: {anchor}" with "A: {target}"']
    return new InputError(`${place} ${problem}: ${phrasing || '(the line is empty)'}`, {
      code: 'BAD_PHRASING',
      suggestions,
    })
  }
  const pieces: { text: string; field?: Field }[] = []
  let text = ''
  let end = 0
  for (const match of phrasing.matchAll(TOKEN)) {
    const [token] = match
    text += phrasing.slice(end, match.index)
    end = match.index + token.length
    if (match[1] !== undefined) {
      pieces.push({ text, field: match[1] as Field })
      text = ''
    } else if (token.length === 2) text += token[0]
    else throw refuse('has a brace that belongs to neither {anchor} nor {target} and is not doubled')
  }
  pieces.push({ text: text + phrasing.slice(end) })
  const fields = pieces.map(({ field }) => field)
  const missing = (['anchor', 'target'] as const).find((field) => !fields.includes(field))
  if (missing !== undefined) throw refuse(`has no {${missing}}`)
  return { pieces, order: fields[0] === 'anchor' ? 'same' : 'reverse' }
}

/** The guidance for a pair. */
export function fillPhrasing({ pieces }: Phrasing, pair: Record<Field, string>): string {
  return pieces.map(({ text, field }) => (field === undefined ? text : text + pair[field])).join('')
}
