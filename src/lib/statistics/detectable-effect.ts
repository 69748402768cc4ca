import { studentCritical } from './distributions.ts'
import { noncentralTail } from './noncentral-t.ts'
import { requireFraction } from './samples.ts'

/** The chance that a two-sided paired t test of n pairs at level alpha finds a true effect of d_z. */
export function findPower({
  n,
  effect,
  alpha = 0.05,
}: {
  n: number
  /** Cohen's d of pairs: mean difference over the standard deviation of differences. */
  effect: number
  alpha?: number
}): number {
  if (!Number.isInteger(n) || n < 2) throw new RangeError(`a paired t test needs at least 2 pairs, not ${n}`)
  requireFraction(alpha, 'alpha')
  const critical = studentCritical(alpha / 2, n - 1)
  const shift = effect * Math.sqrt(n)
  return noncentralTail(critical, n - 1, shift) + noncentralTail(critical, n - 1, -shift)
}

/**
 * The minimum detectable effect of a two-sided paired t test: the smallest d_z that it finds with the given power.
 * Times the standard deviation of the differences it is in the unit of the values. Null for fewer than 2 pairs.
 */
export function findDetectableEffect({
  n,
  alpha = 0.05,
  power = 0.8,
}: {
  n: number
  alpha?: number
  power?: number
}): number | null {
  requireFraction(alpha, 'alpha')
  if (!(power > alpha && power < 1))
    throw new RangeError(`power is ${power}, not between alpha (${alpha}) and 1`)
  if (n < 2) return null
  const enough = (effect: number) => findPower({ n, effect, alpha }) >= power
  let high = 1
  while (!enough(high)) high *= 2
  let low = 0
  for (;;) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) return high
    if (enough(middle)) high = middle
    else low = middle
  }
}
