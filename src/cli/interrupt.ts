import type { ExitCode } from '../lib/support/errors.ts'
import { EXIT, InterruptedError } from '../lib/support/errors.ts'

let controller: AbortController | undefined

/**
 * A signal that aborts at the first Ctrl-C (or SIGTERM), so that work can be saved; a second one ends
 * the process at once. The handlers are installed at the first call, so that commands with nothing to
 * save die as usual.
 */
export function interruptSignal(): AbortSignal {
  if (controller === undefined) {
    const installed = new AbortController()
    controller = installed
    const stop = (exit: ExitCode) => () => {
      if (installed.signal.aborted) process.exit(exit)
      installed.abort(new InterruptedError('Interrupted.', { exit }))
    }
    process.on('SIGINT', stop(EXIT.interrupted))
    process.on('SIGTERM', stop(EXIT.terminated))
  }
  return controller.signal
}

/** The exit code of the signal that came; undefined where none did. */
export function interruptExit(): ExitCode | undefined {
  const reason: unknown = controller?.signal.reason
  return reason instanceof InterruptedError ? reason.exit : undefined
}
