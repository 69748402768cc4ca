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
    const stop = () => {
      if (installed.signal.aborted) process.exit(EXIT.interrupted)
      installed.abort(new InterruptedError())
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  }
  return controller.signal
}
