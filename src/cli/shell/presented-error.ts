import { styleText } from 'node:util'
import { Errors } from '@oclif/core'
import { describeMachineFault, InterruptedError, ReversalError } from '../../lib/support/errors.ts'
import { printable } from '../../lib/support/printable.ts'

/** An error in the form that scripts read with `--json`. */
export interface ErrorJson {
  error: { message: string; code: string; exit: number; suggestions: string[] }
}

/**
 * An error as the command line shows it: one sentence and what to try. oclif would print causes too, break lines
 * amid words and paths, and in JSON give its whole configuration with all flag values.
 */
export class PresentedError extends Errors.CLIError {
  /** The base command prints it. */
  override skipOclifErrorHandling = true
  readonly json: ErrorJson
  readonly #isFault: boolean

  /** `exit` is that of a signal, where one ended the command. */
  constructor(error: Error, { debug, exit: signalled }: { debug: boolean; exit?: number | undefined }) {
    const { message, code, exit: own, suggestions } = describe(error)
    const exit = signalled ?? own
    super(debug ? (error.stack ?? message) : message, { exit })
    this.name = 'Error'
    this.#isFault = !(error instanceof InterruptedError)
    this.suggestions = suggestions
    this.json = { error: { message, code, exit, suggestions } }
  }

  /** What its user stopped is no fault, and is not labelled as one. */
  override render(): string {
    const [suggestion, ...more] = (this.suggestions ?? []).map(printable)
    const label = this.#isFault ? `${styleText(['bold', 'red'], 'Error:', { stream: process.stderr })} ` : ''
    const hints = more.length === 0 ? suggestion : ['', suggestion, ...more].join('\n  ')
    return [
      `${label}${printable(this.message)}`,
      ...(suggestion === undefined ? [] : [`Try this: ${hints}`]),
    ].join('\n')
  }
}

/** A flag that does not exist; what is given with it is a key. */
const KEY_FLAG = /(--[\w-]*api[-_]?key)(=\S*)?/i
const KEYS_HAVE_NO_FLAG =
  'keys have no flag: set OPENAI_API_KEY or WANDB_API_KEY in the environment or in a .env file'

function describe(error: Error): ErrorJson['error'] {
  const known = error instanceof ReversalError ? error : describeMachineFault(error)
  if (known)
    return { message: known.message, code: known.code, exit: known.exit, suggestions: known.suggestions }
  if (error instanceof Errors.CLIError) {
    const { code = 'USAGE', oclif } = error
    const message = error.message.replace(KEY_FLAG, '$1')
    const suggestions = KEY_FLAG.test(message) ? [KEYS_HAVE_NO_FLAG] : error.suggestions
    return { message, code, exit: oclif.exit ?? 2, suggestions: suggestions ?? [] }
  }
  const message = `${error.message} (a bug of reversal: REVERSAL_DEBUG=1 shows where)`
  return { message, code: 'BUG', exit: 1, suggestions: [] }
}
