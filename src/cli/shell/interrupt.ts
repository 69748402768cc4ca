import { constants } from 'node:os'
import { EXIT, InterruptedError } from '../../lib/support/errors.ts'

/** Work that takes longer than this after the first signal is announced to the user. */
const SAVING_MS = 2_000

const GIVE_AGAIN = 'to resume, run the same command again'

let controller: AbortController | undefined
let exitCode: number | undefined

/**
 * A signal that aborts at the first Ctrl-C (or SIGTERM), so that work can be saved; a second one ends
 * the process at once. The handlers are installed at the first call, so that commands with nothing to
 * save die as usual.
 */
export function interruptSignal(): AbortSignal {
  if (controller === undefined) {
    const installed = new AbortController()
    controller = installed
    const stop = (signal: NodeJS.Signals) => {
      exitCode ??= 128 + constants.signals[signal]
      if (installed.signal.aborted) process.exit(exitCode)
      const saving = () => process.stderr.write('Stopping and saving. Press Ctrl-C again to end at once.\n')
      setTimeout(saving, SAVING_MS).unref()
      installed.abort(new InterruptedError())
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  }
  return controller.signal
}

/** True for the error with which Node's waits reject when their signal aborts. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** An interruption with advice, unless it already has its own. */
export function adviseAgain(error: Error): Error {
  if (!(error instanceof InterruptedError) || error.suggestions.length > 0) return error
  return new InterruptedError(error.message, { suggestions: [GIVE_AGAIN], cause: error })
}

/** The error to show: if an interrupted wait caused it, the interruption. */
export function asInterruption(error: Error): { error: Error; exit?: number | undefined } {
  if (controller?.signal.aborted !== true) return { error }
  const interruption = isAbort(error) ? (controller.signal.reason as InterruptedError) : error
  return interruption instanceof InterruptedError
    ? { error: interruption, exit: exitCode ?? EXIT.interrupted }
    : { error }
}
