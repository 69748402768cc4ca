import { InputError } from '../support/errors.ts'

/** Values from `key=value` words: JSON is parsed, anything else is text. Throws InputError BAD_ASSIGNMENT. */
export function parseAssignments(words: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const [, key = '', text = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? []
      if (key !== '') return [key, parseValue(text)]
      throw new InputError(`${word} sets nothing: use KEY=VALUE, such as note="first try".`, {
        code: 'BAD_ASSIGNMENT',
      })
    }),
  )
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
