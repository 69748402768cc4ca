import { Errors } from '@oclif/core'
import { EXIT } from '../../lib/support/errors.ts'

/** What of a flag's definition decides how it is written. */
interface Written {
  aliases?: string[]
  allowNo?: boolean
}

/** An argument that is none of a list, which oclif tells before flags that do not exist. */
const BAD_ARGUMENT = /^Expected (?!--)/

/**
 * The error of flags that do not exist in place of one of an argument: the value of such a flag is taken for an argument,
 * so that --n-epochs 5, where there is no such flag, is told as an experiment called 5.
 */
export function preferUnknownFlags(
  error: Error,
  { argv, flags }: { argv: readonly string[]; flags: Readonly<Record<string, Written>> },
): Error {
  if (!(error instanceof Errors.CLIError) || !BAD_ARGUMENT.test(error.message)) return error
  const known = new Set(['help', 'json'])
  for (const [name, { aliases = [], allowNo = false }] of Object.entries(flags)) {
    for (const spelling of [name, ...aliases]) known.add(spelling)
    if (allowNo) known.add(`no-${name}`)
  }
  const end = argv.indexOf('--')
  const unknown = (end < 0 ? argv : argv.slice(0, end)).filter(
    (word) => /^--\w/.test(word) && !known.has(word.slice(2).replace(/=.*/s, '')),
  )
  if (unknown.length === 0) return error
  const message = `Nonexistent flag${unknown.length === 1 ? '' : 's'}: ${unknown.join(', ')}\nSee more help with --help`
  return Object.assign(new Errors.CLIError(message, { exit: EXIT.usage }), {
    flags: unknown,
    parse: { input: { flags } },
  })
}
