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
  return { successes, trials, ...intervalOfShare({ share: successes / trials, trials, confidence }) }
}

/**
 * Wilson's interval of a share of at least one trial. The share need not be that of a whole number of successes: it may be
 * the mean of trials that are each right in part.
 */
export function intervalOfShare({
  share,
  trials,
  confidence = 0.95,
}: {
  share: number
  trials: number
  confidence?: number
}): Interval {
  requireFraction(confidence, 'confidence')
  if (!(share >= 0 && share <= 1 && trials >= 1)) {
    throw new RangeError(`${share} of ${trials} trials is no share`)
  }
  const z = -normalQuantile((1 - confidence) / 2)
  const scale = 1 + (z * z) / trials
  const center = (share + (z * z) / (2 * trials)) / scale
  const half = (z / scale) * Math.sqrt((share * (1 - share) + (z * z) / (4 * trials)) / trials)
  return {
    estimate: share,
    low: share === 0 ? 0 : center - half,
    high: share === 1 ? 1 : center + half,
    confidence,
  }
}
