import { expect } from 'chai'
import type { ReversalError } from '../../src/lib/support/errors.ts'

/** What a piece of work throws; the test fails where that is nothing. */
export async function failure(work: Promise<unknown>): Promise<ReversalError> {
  return work.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  )
}
