import { InputError } from '../support/errors.ts'
import { nearest } from '../support/nearest.ts'
import { schemaCheck } from './compile.ts'

/** Options that a descriptor takes: a flat JSON Schema of numbers, booleans and strings, each with its default. */
export interface OptionsSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, OptionSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties: false
}

interface OptionSchema {
  readonly type: 'string' | 'number' | 'integer' | 'boolean'
  readonly description: string
  readonly default?: string | number | boolean
  readonly enum?: readonly (string | number)[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minLength?: number
}

/** Values by option name. */
export type OptionValues = Record<string, string | number | boolean>

/**
 * Parses `KEY=VALUE` texts into values of the schema's types, with its defaults for absent ones. Throws InputError
 * BAD_OPTION, which names `owner`, for an unknown key, a text without `=` or a value that does not fit.
 */
export function parseOptionValues(
  texts: readonly string[],
  { schema, owner }: { schema: OptionsSchema; owner: string },
): OptionValues {
  const given = texts.map((text): [string, string | number | boolean] => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    if (key === undefined || value === undefined) {
      throw badOption(`The option ${text} has no value: write KEY=VALUE.`)
    }
    const option = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (option === undefined) throw unknownOption(key, schema, owner)
    return [key, convert(value, option)]
  })
  const twice = given.find(([key], index) => given.findIndex(([other]) => other === key) < index)
  if (twice !== undefined) throw badOption(`The option ${twice[0]} is given twice.`)
  return checkOptionValues(Object.fromEntries(given), { schema, owner })
}

/** Checks values from a file or a plugin and adds defaults for absent ones. Throws InputError BAD_OPTION. */
export function checkOptionValues(
  given: Readonly<Record<string, unknown>>,
  { schema, owner }: { schema: OptionsSchema; owner: string },
): OptionValues {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(schema.properties, key))
  if (unknown !== undefined) throw unknownOption(unknown, schema, owner)
  const defaults = Object.entries(schema.properties).flatMap(([key, option]) =>
    option.default === undefined ? [] : [[key, option.default] as const],
  )
  const values = { ...Object.fromEntries(defaults), ...given }
  const problem = schemaCheck(schema)(values)
  if (problem !== undefined) throw badOption(`The options of ${owner} are invalid: ${problem}.`)
  return values as OptionValues
}

function convert(text: string, { type }: OptionSchema): string | number | boolean {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if ((type === 'number' || type === 'integer') && text.trim() !== '' && Number.isFinite(Number(text))) {
    return Number(text)
  }
  return text
}

function unknownOption(key: string, { properties }: OptionsSchema, owner: string): InputError {
  const names = Object.keys(properties)
  const [guess] = nearest(key, names)
  const known = names.length === 0 ? 'It takes none.' : `It takes ${names.join(', ')}.`
  return badOption(`${owner} has no option ${key}. ${guess === undefined ? known : `Did you mean ${guess}?`}`)
}

function badOption(message: string): InputError {
  return new InputError(message, { code: 'BAD_OPTION' })
}
