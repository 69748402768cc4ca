import { studentCritical } from './distributions.ts'
import type { Defined, Interval } from './measurements.ts'
import { mean, requireFinite, requireFraction, standardDeviation } from './samples.ts'

export interface MeanEstimate extends Interval {
  n: number
  standardDeviation: Defined
  standardError: Defined
}

/**
 * The mean of independent values with Student's t interval. Without values there is no mean; with one value, or with
 * equal values, there is no interval, as nothing shows how far off the mean may be.
 */
export function estimateMean({
  values,
  confidence = 0.95,
}: {
  values: readonly number[]
  confidence?: number
}): MeanEstimate {
  requireFinite(values, 'values')
  requireFraction(confidence, 'confidence')
  const n = values.length
  const estimate = n === 0 ? null : mean(values)
  const deviation = n < 2 ? null : standardDeviation(values)
  const error = deviation === null ? null : deviation / Math.sqrt(n)
  const half = error ? studentCritical((1 - confidence) / 2, n - 1) * error : null
  return {
    n,
    estimate,
    low: half && estimate! - half,
    high: half && estimate! + half,
    confidence,
    standardDeviation: deviation,
    standardError: error,
  }
}
