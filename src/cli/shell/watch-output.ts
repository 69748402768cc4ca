import { describeMachineFault, EXIT } from '../../lib/support/errors.ts'

let watched = false

/**
 * Ends with one sentence if the output cannot be written, for example to a file on a full disk: oclif would
 * print a stack.
 */
export function watchOutput(): void {
  if (watched) return
  watched = true
  process.stdout.prependListener('error', (error) => {
    const fault = describeMachineFault(Object.assign(error, { path: 'standard output' }))
    // A reader such as `head` that stops reading is not an error; oclif ignores it.
    if (fault === undefined) return
    process.stderr.write(`Error: ${fault.message}\n`)
    process.exit(EXIT.failed)
  })
}
