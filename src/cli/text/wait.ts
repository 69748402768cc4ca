import { formatDuration } from '../../lib/support/numbers.ts'
import type { Wait } from '../../lib/support/patience.ts'
import { shownAddress } from '../../lib/support/shown-address.ts'

/** A wait for the user to read: its reason, length and count. */
export function describeWait({ reason, ms, times, silent = false }: Wait): string {
  const time = formatDuration(ms / 1000)
  if (silent) return `${reason} Waiting for up to ${time} more.`
  const often = times === undefined ? '' : ` (wait ${times} since the last answer)`
  return `${reason} Continuing in ${time}${often}.`
}

/** Warns that others can read a key on its way; `variable` is where it comes from. */
export function openKeyWarning(variable: string, address: string): string {
  return `Warning: the key in ${variable} goes to ${shownAddress(address)} without encryption, so others on the way can read it: use https:// if the server supports it.`
}
