import { Errors } from '@oclif/core'
import { quoteWord } from '../../lib/support/command-line.ts'
import { describeMachineFault, InterruptedError, ReversalError } from '../../lib/support/errors.ts'
import { nearest } from '../../lib/support/nearest.ts'
import { stripVTControlCharacters, styleText } from '../../lib/support/node-util.ts'
import { printable } from '../../lib/support/printable.ts'
import { withOwnName } from './own-name.ts'

/** An error in the form that scripts read with `--json`. */
export interface ErrorJson {
  error: { message: string; code: string; exit: number; suggestions: string[] }
}

/**
 * An error as the command line shows it: one sentence and what to try. oclif alone would also print causes, break lines
 * within words and paths, and in JSON print its whole configuration with all flag values.
 */
export class PresentedError extends Errors.CLIError {
  /** The base command prints it. */
  override skipOclifErrorHandling = true
  readonly json: ErrorJson
  readonly #isFault: boolean

  /** `exit` is that of a signal, if one ended the command. */
  constructor(error: Error, { debug, exit: signalled }: { debug: boolean; exit?: number | undefined }) {
    const { message, code, exit: own, suggestions } = describe(error)
    const exit = signalled ?? own
    super(debug ? (error.stack ?? message) : message, { exit })
    this.name = 'Error'
    this.#isFault = !(error instanceof InterruptedError)
    this.suggestions = suggestions
    this.json = { error: { message, code, exit, suggestions } }
  }

  /** An interruption by the user is not labelled as an error. */
  override render(): string {
    const [suggestion, ...more] = (this.suggestions ?? []).map(printable)
    const label = this.#isFault ? `${styleText(['bold', 'red'], 'Error:', { stream: process.stderr })} ` : ''
    const hints = more.length === 0 ? suggestion : ['', suggestion, ...more].join('\n  ')
    const lines = [
      `${label}${printable(this.message)}`,
      ...(suggestion === undefined ? [] : [`Try this: ${hints}`]),
    ]
    return withOwnName(lines.join('\n'))
  }
}

/** A flag that does not exist, whose value is probably a key. */
const KEY_FLAG = /(--[\w-]*api[-_]?key)(=\S*)?/i
const KEYS_HAVE_NO_FLAG = 'set keys in the environment or in a .env file: OPENAI_API_KEY, WANDB_API_KEY'

function describe(error: Error): ErrorJson['error'] {
  const known = error instanceof ReversalError ? error : describeMachineFault(error)
  if (known) {
    const { message, code, exit, suggestions } = known
    return { message: asSentence(message), code, exit, suggestions }
  }
  if (error instanceof Errors.CLIError) {
    const { code = 'USAGE', oclif } = error
    // On a terminal, oclif colours some words.
    const bare = stripVTControlCharacters(error.message).replace(KEY_FLAG, '$1')
    const isKey = KEY_FLAG.test(bare)
    const message = isKey ? bare : withGuess(error, asSentence(bare))
    const suggestions = isKey ? [KEYS_HAVE_NO_FLAG] : error.suggestions
    return { message, code, exit: oclif.exit ?? 2, suggestions: suggestions ?? [] }
  }
  const message = `${error.message} (a bug of reversal: REVERSAL_DEBUG=1 shows where)`
  return { message, code: 'BUG', exit: 1, suggestions: [] }
}

/** What oclif makes of an error in a flag's value. */
const BAD_VALUE = /^Parsing (--\S+) \n\t(.*)\nSee more help with --help$/s

/** How oclif begins where flags are missing or exclude each other; one such problem is the whole sentence. */
const ONE_PROBLEM = /^The following error occurred:\n {2}(?=[^\n]*\nSee more help)/

/** It holds for flags that take all words behind them, which none of these does. */
const ABOUT_GREEDY_FLAGS = /\n\nNote: [^\n]* multiple values\.[^\n]*\n[^\n]*"--"[^\n]*/

/** What oclif says, in one sentence where it is one; of a flag's value, in its words for one of a list. */
function asSentence(message: string): string {
  const [, flag, fault = ''] = BAD_VALUE.exec(message) ?? []
  if (flag === undefined) {
    return message
      .replace(ONE_PROBLEM, '')
      .replace(ABOUT_GREEDY_FLAGS, '')
      .replace(/^Missing required flag (?=[a-z])/, 'Missing required flag --')
  }
  const [, what, value = ''] = /^Expected (.*) but received: (.*)$/s.exec(fault) ?? []
  return what === undefined ? `${flag}: ${fault}` : `Expected ${flag}=${quoteWord(value)} to be ${what}.`
}

/** oclif's error for flags that do not exist, which it does not export. */
interface UnknownFlags {
  flags?: unknown
  parse?: { input?: { flags?: object } }
}

/** With similar flags as suggestions. */
function withGuess(error: Error, message: string): string {
  const { flags, parse } = error as UnknownFlags
  const given = Array.isArray(flags) ? flags.filter((flag): flag is string => /^--\w/.test(flag)) : []
  const known = Object.keys(parse?.input?.flags ?? {}).map((name) => `--${name}`)
  const guesses = given.flatMap(
    (flag) => nearest(flag.replaceAll('_', '-').replace(/=.*/s, ''), known)[0] ?? [],
  )
  if (guesses.length === 0) return message
  const [first, ...rest] = message.split('\n')
  return [`${first}. Did you mean ${[...new Set(guesses)].join(' and ')}?`, ...rest].join('\n')
}
