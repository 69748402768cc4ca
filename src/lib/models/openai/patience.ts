import { ReversalError } from '../../support/errors.ts'
import type { End, PatienceSettings } from '../../support/patience.ts'

/**
 * Patience for hosted models, which evaluations may use for hours: refusals end the work only if nothing at all
 * succeeds, and a pause of an hour is acceptable if the server asks for it.
 */
export function patienceFor({
  backoffMs,
  patienceMs,
}: {
  backoffMs: number
  patienceMs: number
}): PatienceSettings {
  return {
    backoffMs,
    longestBackoffMs: 30_000,
    tries: 10,
    refusalsCount: false,
    longestOwnWaitMs: patienceMs,
    longestWaitMs: Math.max(patienceMs, 3_600_000),
  }
}

/** The error when patience with a request ends, with its last failure. */
export function givenUp({ message, code }: ReversalError, end: End): ReversalError {
  return new ReversalError(`${message} ${reasonOf(end)}`, {
    code,
    suggestions: ['continue later: all results so far are kept'],
  })
}

function reasonOf({ kind, tries, ms }: End): string {
  if (kind === 'tries') return `It failed ${tries} times.`
  if (kind === 'asked') return `It asks for a wait of ${Math.ceil(ms / 60_000)} minutes.`
  return `It has not answered in ${minutes(ms)} of waiting.`
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.round(ms / 60_000)} minutes`
}
