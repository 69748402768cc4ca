import { Errors } from '@oclif/core'
import { describeMachineFault, ReversalError } from '../lib/support/errors.ts'

/** An error in the form that scripts read with `--json`. */
export interface ErrorJson {
  error: { message: string; code: string; exit: number; suggestions: string[] }
}

/**
 * An error as the command line shows it: one sentence and what to try. oclif would print causes too, and
 * in JSON its whole configuration with all flag values, so only what a reader needs is taken over.
 */
export class PresentedError extends Errors.CLIError {
  readonly json: ErrorJson

  constructor(error: Error, { debug }: { debug: boolean }) {
    const { message, code, exit, suggestions } = describe(error)
    super(debug ? (error.stack ?? message) : message, { exit })
    this.name = 'Error'
    this.suggestions = suggestions
    this.json = { error: { message, code, exit, suggestions } }
  }
}

function describe(error: Error): ErrorJson['error'] {
  const known = error instanceof ReversalError ? error : describeMachineFault(error)
  if (known)
    return { message: known.message, code: known.code, exit: known.exit, suggestions: known.suggestions }
  if (error instanceof Errors.CLIError) {
    const { message, code = 'USAGE', oclif, suggestions = [] } = error
    return { message, code, exit: oclif.exit ?? 2, suggestions }
  }
  const message = `${error.message} (a bug of reversal: REVERSAL_DEBUG=1 shows where)`
  return { message, code: 'BUG', exit: 1, suggestions: [] }
}
