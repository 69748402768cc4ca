import { studentTail } from './distributions.ts'
import type { MeanEstimate } from './mean-interval.ts'
import { estimateMean } from './mean-interval.ts'
import type { Defined, Pairs } from './measurements.ts'
import { pairDifferences } from './samples.ts'

/** The mean difference with its Student t interval, and its test. */
export interface PairedTResult extends MeanEstimate {
  /** t, with n − 1 degrees of freedom. */
  statistic: Defined
  /** Two-sided. */
  p: Defined
}

/**
 * Student's t test of paired values, first minus second: is the mean difference 0? With fewer than two pairs, or
 * with equal differences, t is not defined; `testPairedPermutation` still has an answer.
 */
export function testPairedT({
  first,
  second,
  confidence = 0.95,
}: Pairs & { confidence?: number }): PairedTResult {
  const difference = estimateMean({ values: pairDifferences({ first, second }), confidence })
  const { n, estimate, standardError } = difference
  const statistic = standardError ? estimate! / standardError : null
  return {
    ...difference,
    statistic,
    p: statistic === null ? null : 2 * studentTail(Math.abs(statistic), n - 1),
  }
}
