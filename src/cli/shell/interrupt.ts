import { constants } from 'node:os'
import { EXIT, InterruptedError } from '../../lib/support/errors.ts'

/** A work of longer than this after the first signal is said to go on. */
const SAVING_MS = 2_000

const GIVE_AGAIN = 'to resume, give the same command again'

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

/** True for what a wait of Node rejects with where its signal aborts. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** An interruption with what to do about it, where it does not bring advice of its own. */
export function adviseAgain(error: Error): Error {
  if (!(error instanceof InterruptedError) || error.suggestions.length > 0) return error
  return new InterruptedError(error.message, { suggestions: [GIVE_AGAIN], cause: error })
}

/** An error as it is to be told: one that the interruption of a wait brought about is that interruption. */
export function asInterruption(error: Error): { error: Error; exit?: number | undefined } {
  if (controller?.signal.aborted !== true) return { error }
  const interruption = isAbort(error) ? (controller.signal.reason as InterruptedError) : error
  return interruption instanceof InterruptedError
    ? { error: interruption, exit: exitCode ?? EXIT.interrupted }
    : { error }
}
