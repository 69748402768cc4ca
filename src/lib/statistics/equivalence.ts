import { studentTail } from './distributions.ts'
import type { MeanEstimate } from './mean-interval.ts'
import { estimateMean } from './mean-interval.ts'
import type { Defined, Pairs } from './measurements.ts'
import { pairDifferences } from './samples.ts'

export interface EquivalenceResult {
  /** The larger of the two one-sided p-values. */
  p: Defined
  /** Whether p < alpha. Also false if p is undefined: equivalence must be shown, not presumed. */
  equivalent: boolean
  /** Against a true mean difference of `low` or less. */
  aboveLow: { statistic: Defined; p: Defined }
  /** Against a true mean difference of `high` or more. */
  belowHigh: { statistic: Defined; p: Defined }
  /**
   * The mean difference with confidence 1 − 2 alpha, so 90 % by default: the interval is within `low` and `high` if p <
   * alpha.
   */
  difference: MeanEstimate
}

export interface EquivalenceOptions extends Pairs {
  /**
   * The margin: mean differences strictly between `low` and `high`, in the unit of the values, are too small to matter.
   */
  low: number
  high: number
  alpha?: number
}

/**
 * Equivalence of paired values by two one-sided t tests (TOST; Schuirmann, Journal of Pharmacokinetics and
 * Biopharmaceutics 15, 1987): is the mean difference, first minus second, within a margin? The margin must be chosen
 * before the data are seen. Undefined if the paired t test is.
 */
export function testEquivalence({
  first,
  second,
  low,
  high,
  alpha = 0.05,
}: EquivalenceOptions): EquivalenceResult {
  if (!(low < high && Number.isFinite(high - low)))
    throw new RangeError(`no margin lies between ${low} and ${high}`)
  if (!(alpha > 0 && alpha < 0.5)) throw new RangeError(`alpha is ${alpha}, not between 0 and 0.5`)
  const difference = estimateMean({ values: pairDifferences({ first, second }), confidence: 1 - 2 * alpha })
  const { n, estimate, standardError } = difference
  if (!standardError) {
    const none = { statistic: null, p: null }
    return { p: null, equivalent: false, aboveLow: none, belowHigh: none, difference }
  }
  const fromLow = (estimate! - low) / standardError
  const fromHigh = (estimate! - high) / standardError
  const aboveLow = { statistic: fromLow, p: studentTail(fromLow, n - 1) }
  const belowHigh = { statistic: fromHigh, p: studentTail(-fromHigh, n - 1) }
  const p = Math.max(aboveLow.p, belowHigh.p)
  return { p, equivalent: p < alpha, aboveLow, belowHigh, difference }
}
