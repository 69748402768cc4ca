import { InputError } from '../support/errors.ts'
import { plural } from '../support/numbers.ts'

/** What is wrong with facts, in words that stand alone, and the code of an error that has this reason alone. */
export interface FactFault {
  message: string
  code: string
  suggestions?: string[]
}

/** What cannot be read is one of the faults; a fault of the machine is not. */
export function asFault(error: unknown): FactFault {
  if (!(error instanceof InputError)) throw error
  const { message, code, suggestions } = error
  return { message, code, suggestions }
}

/** As many faults as are told of at once. */
const TOLD = 8

/** Throws one InputError for all faults, so that a file of facts is mended in one pass. */
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
