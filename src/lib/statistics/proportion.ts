import { normalQuantile } from './distributions.ts'
import type { Interval } from './measurements.ts'
import { requireFraction } from './samples.ts'

export interface ProportionEstimate extends Interval {
  successes: number
  trials: number
}

/**
 * A proportion with Wilson's score interval (Journal of the American Statistical Association 22, 1927), which is valid
 * for few trials and for 0 or all successes. Without trials there is neither.
 */
export function estimateProportion({
  successes,
  trials,
  confidence = 0.95,
}: {
  successes: number
  trials: number
  confidence?: number
}): ProportionEstimate {
  if (!Number.isInteger(successes) || !Number.isInteger(trials) || successes < 0 || successes > trials)
    throw new RangeError(`${successes} successes of ${trials} trials are no proportion`)
  requireFraction(confidence, 'confidence')
  if (trials === 0) return { successes, trials, estimate: null, low: null, high: null, confidence }
  const z = -normalQuantile((1 - confidence) / 2)
  const estimate = successes / trials
  const scale = 1 + (z * z) / trials
  const center = (estimate + (z * z) / (2 * trials)) / scale
  const half = (z / scale) * Math.sqrt((estimate * (1 - estimate) + (z * z) / (4 * trials)) / trials)
  return {
    successes,
    trials,
    estimate,
    low: successes === 0 ? 0 : center - half,
    high: successes === trials ? 1 : center + half,
    confidence,
  }
}
