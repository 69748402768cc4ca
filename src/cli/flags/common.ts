import { Errors, Flags } from '@oclif/core'
import { EXIT, InputError } from '../../lib/support/errors.ts'

type FlagMap = Record<string, { aliases?: string[] }>

/** Accept `--num_examples` for `--num-examples`, as the original scripts spell it; help shows the dashes. */
export function underscoreAliases<T extends FlagMap>(flags: T): T {
  const entries = Object.entries(flags).map(([name, flag]) => {
    const alias = name.replaceAll('-', '_')
    return [name, alias === name ? flag : { ...flag, aliases: [...(flag.aliases ?? []), alias] }]
  })
  return Object.fromEntries(entries) as T
}

/** A number, possibly with a fraction, such as a learning-rate multiplier. */
export const numberFlag = Flags.custom<number, { min?: number; above?: number; max?: number }>({
  async parse(input, _context, { min, above, max }) {
    const value = Number(input)
    if (input.trim() === '' || !Number.isFinite(value)) throw expected('a number', input)
    if (min !== undefined && value < min) throw expected(`a number of at least ${min}`, input)
    if (above !== undefined && value <= above) throw expected(`a number above ${above}`, input)
    if (max !== undefined && value > max) throw expected(`a number of at most ${max}`, input)
    return value
  },
})

/** A whole number, all digits of which count: JavaScript would round one of more than 15. */
export const integerFlag = Flags.custom<number, { min?: number; max?: number }>({
  async parse(input, _context, { min, max }) {
    const value = Number(input)
    if (!/^-?\d+$/.test(input)) throw expected('an integer', input)
    if (min !== undefined && value < min) throw expected(`an integer of at least ${min}`, input)
    const most = Math.min(max ?? Infinity, Number.MAX_SAFE_INTEGER)
    if (value > most) throw expected(`an integer of at most ${most}`, input)
    if (value < -most) throw expected(`an integer of at least ${-most}`, input)
    return value
  },
})

/** A range of whole numbers, such as 2,5; both ends are part of it. */
export const rangeFlag = Flags.custom<[low: number, high: number]>({
  async parse(input) {
    const [, low, high] = /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(input) ?? []
    if (low === undefined) throw expected('two whole numbers such as 2,5', input)
    if (!Number.isSafeInteger(Number(low)) || !Number.isSafeInteger(Number(high)))
      throw expected(`two whole numbers of at most ${Number.MAX_SAFE_INTEGER}`, input)
    return [Number(low), Number(high)]
  },
})

/** Comma-separated tags. Throws InputError NO_TAG if there is none. */
export function parseTags(text: string): string[] {
  const tags = text
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
  if (tags.length === 0) throw new InputError('A tag cannot be empty.', { code: 'NO_TAG' })
  return tags
}

function expected(what: string, input: string): Errors.CLIError {
  return new Errors.CLIError(`Expected ${what} but received: ${input}`, { exit: EXIT.usage })
}
