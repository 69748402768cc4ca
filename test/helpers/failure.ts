import { expect } from 'chai'
import type { ReversalError } from '../../src/lib/support/errors.ts'

/** The error that a piece of work throws; the test fails if it throws none. */
export async function failure(work: Promise<unknown>): Promise<ReversalError> {
  return work.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  )
}
