import { logGamma } from './distributions.ts'
import type { Defined, Pairs } from './measurements.ts'
import { mean, pairDifferences, standardDeviation } from './samples.ts'

export interface EffectSize {
  /** Cohen's d of pairs, d_z: mean difference over the standard deviation of the differences. */
  cohenD: Defined
  /** The same without the bias that few pairs bring (Hedges' g). */
  hedgesG: Defined
}

/**
 * The mean difference of pairs, first minus second, in standard deviations of the differences; about 0.2 is called
 * small, 0.5 medium, 0.8 large. Undefined for fewer than two pairs (Hedges' g: three) or if all differences are equal.
 */
export function measureEffectSize(pairs: Pairs): EffectSize {
  const differences = pairDifferences(pairs)
  const n = differences.length
  const deviation = n < 2 ? 0 : standardDeviation(differences)
  if (deviation === 0) return { cohenD: null, hedgesG: null }
  const cohenD = mean(differences) / deviation
  return { cohenD, hedgesG: n < 3 ? null : cohenD * hedgesFactor(n - 1) }
}

/** Γ(df/2) / (√(df/2) Γ((df − 1)/2)) (Hedges, Journal of Educational Statistics 6, 1981). */
function hedgesFactor(df: number): number {
  return Math.exp(logGamma(df / 2) - logGamma((df - 1) / 2)) / Math.sqrt(df / 2)
}
