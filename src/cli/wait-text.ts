import { formatDuration } from '../lib/support/duration.ts'
import type { Wait } from '../lib/support/patience.ts'

/** A wait as a user reads it: what for, how long, how often. */
export function describeWait({ reason, ms, times, silent = false }: Wait): string {
  const time = formatDuration(ms / 1000)
  if (silent) return `${reason} Waiting for up to ${time} more.`
  const often = times === undefined ? '' : ` (wait ${times} since anything was answered)`
  return `${reason} Going on in ${time}${often}.`
}
