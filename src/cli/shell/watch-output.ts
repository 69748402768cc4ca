import { describeMachineFault, EXIT } from '../../lib/support/errors.ts'

let watched = false

/** End with one sentence where what is printed cannot be written, as to a file on a full disk: oclif would show a stack. */
export function watchOutput(): void {
  if (watched) return
  watched = true
  process.stdout.prependListener('error', (error) => {
    const fault = describeMachineFault(Object.assign(error, { path: 'standard output' }))
    // A reader such as `head` that has enough is no fault; oclif passes over that.
    if (fault === undefined) return
    process.stderr.write(`Error: ${fault.message}\n`)
    process.exit(EXIT.failed)
  })
}
