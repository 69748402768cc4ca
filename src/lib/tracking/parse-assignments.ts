import { InputError } from '../support/errors.ts'

/** Values from `key=value` words: JSON is parsed, anything else is text. Throws InputError BAD_ASSIGNMENT. */
export function parseAssignments(words: readonly string[]): Record<string, unknown> {
  const values = new Map<string, unknown>()
  for (const word of words) {
    const [, key = '', text = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? []
    if (key === '') throw badAssignment(`${word} sets nothing: use KEY=VALUE, such as note="first try".`)
    if (values.has(key)) throw badAssignment(`${key} is set twice: ${word} is the second value.`)
    values.set(key, parseValue(text))
  }
  return Object.fromEntries(values)
}

function badAssignment(message: string): InputError {
  return new InputError(message, { code: 'BAD_ASSIGNMENT' })
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
