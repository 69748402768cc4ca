import { normalCdf } from './distributions.ts'

/** Smaller weights do not change a double. */
const NEGLIGIBLE = 1e-18

/**
 * P(T > t) for T = (Z + shift) / S, the noncentral t distribution: Z standard normal, S² a χ² over its degrees of
 * freedom. It is the mean of Φ(shift − t·S), an integral over u = ln S whose integrand is smooth and falls off
 * at both ends, so that the trapezoidal rule converges to 13 digits; the weights need no normalizing constant.
 */
export function noncentralTail(t: number, df: number, shift: number): number {
  const step = Math.min(0.5 / Math.sqrt(2 * df), 0.3 / (1 + Math.abs(shift)))
  let total = 0
  let sum = 0
  const add = (u: number) => {
    const weight = Math.exp(df * (u - Math.expm1(2 * u) / 2))
    total += weight
    sum += weight * normalCdf(shift - t * Math.exp(u))
    return weight > NEGLIGIBLE
  }
  add(0)
  for (let k = 1; add(k * step); k++);
  for (let k = 1; add(-k * step); k++);
  return sum / total
}
