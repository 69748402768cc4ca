import { InputError } from '../support/errors.ts'
import { plural } from '../support/numbers.ts'

/** A problem with facts as a full sentence, and the error code if it is the only one. */
export interface FactFault {
  message: string
  code: string
  suggestions?: string[]
}

/** An unreadable file is one of the faults; a fault of the machine is not. */
export function asFault(error: unknown): FactFault {
  if (!(error instanceof InputError)) throw error
  const { message, code, suggestions } = error
  return { message, code, suggestions }
}

/** The number of faults shown at once. */
const TOLD = 8

/** Throws one InputError for all faults, so that the user can fix a file of facts in one pass. */
export function refuseFaults(faults: readonly FactFault[]): void {
  const [only, ...others] = faults
  if (only === undefined) return
  const suggestions = [...new Set(faults.flatMap((fault) => fault.suggestions ?? []))]
  if (others.length === 0) throw new InputError(only.message, { code: only.code, suggestions })
  const codes = new Set(faults.map(({ code }) => code))
  const rest = faults.length - TOLD
  const lines = [
    `The facts have ${plural(faults.length, 'error')}:`,
    ...faults.slice(0, TOLD).map(({ message }) => message),
    ...(rest > 0 ? [`… and ${rest} more`] : []),
  ]
  throw new InputError(lines.join('\n  '), {
    code: codes.size === 1 ? only.code : 'BAD_FACTS',
    suggestions,
  })
}

/** Throws InputError TOO_FEW_FACTS unless a group has enough facts for incorrect answers. */
export function requireIncorrectAnswers(factsOfGroup: number): void {
  if (factsOfGroup >= 2) return
  throw new InputError(
    'Each group needs at least 2 facts, so that one can be the incorrect answer of another.',
    { code: 'TOO_FEW_FACTS' },
  )
}
