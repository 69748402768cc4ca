import { PythonRandom } from '../support/python-random.ts'
import type { Clusters } from './clusters.ts'
import { groupByCluster } from './clusters.ts'
import { normalCdf, normalQuantile } from './distributions.ts'
import type { Interval } from './measurements.ts'
import { mean, quantile, requireFinite, requireFraction } from './samples.ts'

export interface BootstrapOptions {
  confidence?: number
  /**
   * `bca` corrects for bias and skewness (bias-corrected and accelerated; Efron, Journal of the American Statistical
   * Association 82, 1987); `percentile` uses the quantiles of the resampled estimates directly.
   */
  method?: 'bca' | 'percentile'
  resamples?: number
  seed?: number
}

/**
 * The mean of values with a bootstrap interval. With `clusters`, whole clusters are resampled, for example if ten
 * prompts ask for one fact: the interval then has the width for that many facts, not that many prompts. No interval if
 * `bootstrapUnits` returns none.
 */
export function bootstrapMean({
  values,
  clusters,
  ...options
}: BootstrapOptions & { values: readonly number[]; clusters?: Clusters }): Interval {
  requireFinite(values, 'values')
  const groups = clusters ? [...groupByCluster(values, clusters).values()] : values.map((value) => [value])
  return bootstrapUnits({ units: groups.length, statistic: meanOfChosen(groups), ...options })
}

/**
 * Bootstrap interval of a statistic of independent units, numbered from 0. `statistic` receives the numbers of the
 * units in a resample, some of them repeated, and returns a finite number. There is no interval (null) if there are
 * fewer than two units, if all resamples agree, or, with BCa, if the estimate is outside the range of all resamples.
 */
export function bootstrapUnits({
  units,
  statistic,
  confidence = 0.95,
  method = 'bca',
  resamples = 9999,
  seed = 0,
}: BootstrapOptions & {
  units: number
  statistic: (chosen: Uint32Array) => number
}): Interval {
  requireFraction(confidence, 'confidence')
  const everyone = Uint32Array.from({ length: units }, (_, unit) => unit)
  const estimate = units === 0 ? null : statistic(everyone)
  const none = { estimate, low: null, high: null, confidence }
  if (estimate === null || units === 1) return none
  const random = new PythonRandom(seed)
  const chosen = new Uint32Array(units)
  const replicates = new Float64Array(resamples)
  for (let resample = 0; resample < resamples; resample++) {
    for (let place = 0; place < units; place++) chosen[place] = random.below(units)
    replicates[resample] = statistic(chosen)
  }
  replicates.sort()
  requireFinite([estimate], 'statistic')
  requireFinite(replicates, 'statistic')

  // Means of the same values in another order differ by rounding.
  const [lowest, highest] = [replicates[0]!, replicates.at(-1)!]
  const rounding = 1e-12 * Math.max(Math.abs(lowest), Math.abs(highest))
  if (highest - lowest <= rounding) return none

  const tail = (1 - confidence) / 2
  const bias = method === 'bca' ? biasCorrection(estimate, replicates, rounding) : 0
  if (!Number.isFinite(bias)) return none
  const acceleration = method === 'bca' ? accelerationOf(everyone, statistic) : 0
  const endpoint = (z: number) => {
    const moved = (bias + z) / (1 - acceleration * (bias + z))
    return quantile(replicates, normalCdf(bias + moved))
  }
  return { estimate, low: endpoint(normalQuantile(tail)), high: endpoint(-normalQuantile(tail)), confidence }
}

/** z₀: distance of the estimate from the median of the resamples, in normal quantiles. */
function biasCorrection(estimate: number, replicates: Float64Array, rounding: number): number {
  let below = 0
  for (const replicate of replicates) {
    if (Math.abs(replicate - estimate) <= rounding) below += 0.5
    else if (replicate < estimate) below++
  }
  return normalQuantile(below / replicates.length)
}

/** The acceleration: a sixth of the skewness of the estimates that leave out one unit each (jackknife). */
function accelerationOf(everyone: Uint32Array, statistic: (chosen: Uint32Array) => number): number {
  const others = everyone.slice(1)
  const estimates = Float64Array.from(everyone, (unit) => {
    if (unit > 0) others[unit - 1] = unit - 1
    return statistic(others)
  })
  const center = mean(estimates)
  let squares = 0
  let cubes = 0
  for (const value of estimates) {
    squares += (center - value) ** 2
    cubes += (center - value) ** 3
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5)
}

/** The mean of all values in chosen groups, as a statistic of `bootstrapUnits`. */
export function meanOfChosen(groups: readonly (readonly number[])[]): (chosen: Uint32Array) => number {
  // Sums differences from one of the values: if all values are equal, these are exact, and so is the mean.
  const origin = groups[0]?.[0] ?? 0
  const sums = groups.map((group) => group.reduce((sum, value) => sum + (value - origin), 0))
  const sizes = groups.map((group) => group.length)
  return (chosen) => {
    let sum = 0
    let size = 0
    for (let place = 0; place < chosen.length; place++) {
      sum += sums[chosen[place]!]!
      size += sizes[chosen[place]!]!
    }
    return origin + sum / size
  }
}
