import { kolmogorovTail } from './kolmogorov.ts'
import type { Defined, TwoSamples } from './measurements.ts'
import { requireFinite } from './samples.ts'

/** Up to this many values in each sample `auto` is exact, as in SciPy. */
const EXACT_UP_TO = 10_000

export interface KolmogorovSmirnovResult {
  /** D: the largest distance between the two empirical distribution functions; null if a sample is empty. */
  statistic: Defined
  p: Defined
  method: 'exact' | 'asymptotic'
}

/**
 * The two-sided Kolmogorov–Smirnov test of two samples: do they come from one distribution? `exact` counts lattice
 * paths (time grows with the product of the sizes); `asymptotic` treats D as that of one sample of the effective size;
 * both as in SciPy's `ks_2samp`. With ties the exact p is an upper bound.
 */
export function testKolmogorovSmirnov({
  first,
  second,
  method = 'auto',
}: TwoSamples & { method?: 'auto' | 'exact' | 'asymptotic' }): KolmogorovSmirnovResult {
  requireFinite(first, 'first')
  requireFinite(second, 'second')
  const [m, n] = [first.length, second.length]
  const exact = method === 'exact' || (method === 'auto' && Math.max(m, n) <= EXACT_UP_TO)
  const chosen = exact ? 'exact' : 'asymptotic'
  if (m === 0 || n === 0) return { statistic: null, p: null, method: chosen }
  const distance = scaledDistance(first, second)
  const statistic = distance / (m * n)
  const p = exact ? exactTail(distance, m, n) : kolmogorovTail(statistic, effectiveSize(m, n))
  return { statistic, p, method: chosen }
}

/** D · m · n, a whole number. */
function scaledDistance(first: readonly number[], second: readonly number[]): number {
  const a = Float64Array.from(first).sort()
  const b = Float64Array.from(second).sort()
  let distance = 0
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const value = Math.min(a[i]!, b[j]!)
    while (a[i] === value) i++
    while (b[j] === value) j++
    distance = Math.max(distance, Math.abs(i * b.length - j * a.length))
  }
  return distance
}

/**
 * P(D ≥ distance / mn): the share of lattice paths from (0, 0) to (m, n) that leave the band |i·n − j·m| < distance.
 * A path at (i, j) came from (i − 1, j) with probability i / (i + j), so the share there is a weighted mean of
 * the shares before it, and 1 outside the band (Hodges, Arkiv för Matematik 3, 1958).
 */
function exactTail(distance: number, m: number, n: number): number {
  if (distance === 0) return 1
  const share = new Float64Array(n + 1).fill(1)
  for (let i = 0; i <= m; i++) {
    const from = Math.max(0, Math.floor((i * n - distance) / m) + 1)
    const to = Math.min(n, Math.ceil((i * n + distance) / m) - 1)
    let left = from === 0 ? 0 : 1
    for (let j = from; j <= to; j++) {
      left = i + j === 0 ? 0 : (i * share[j]! + j * left) / (i + j)
      share[j] = left
    }
  }
  return share[n]!
}

/** mn / (m + n), rounded half to even as NumPy does, and at least 1. */
function effectiveSize(m: number, n: number): number {
  const size = (m * n) / (m + n)
  const below = Math.floor(size)
  const up = size - below > 0.5 || (size - below === 0.5 && below % 2 === 1)
  return Math.max(1, up ? below + 1 : below)
}
