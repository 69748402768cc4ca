import { InterruptedError } from '../../lib/support/errors.ts'
import { printable } from '../../lib/support/printable.ts'
import { isAbort } from './interrupt.ts'

/** Asks a yes-or-no question at the terminal; anything but yes is no. Rejects with the signal's reason, or at Ctrl-C. */
export async function confirm(question: string, { signal }: { signal: AbortSignal }): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${printable(question)} [y/N] `, { signal })
    return /^y(es)?$/i.test(answer.trim())
  } catch (error) {
    // At the terminal Ctrl-C is a key, which does not come as a signal.
    signal.throwIfAborted()
    throw isAbort(error) ? new InterruptedError() : error
  } finally {
    terminal.close()
  }
}
