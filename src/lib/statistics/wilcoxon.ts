import { normalCdf } from './distributions.ts'
import type { Pairs } from './measurements.ts'
import { pairDifferences, rankAscending } from './samples.ts'

/**
 * How differences of 0 are handled. `wilcox` drops them before ranking. `pratt` ranks them with the others and then
 * drops them. `zsplit` ranks them and gives half of their ranks to each side.
 */
export type ZeroMethod = 'wilcox' | 'pratt' | 'zsplit'

/** Up to this many pairs `auto` is exact, as in SciPy: without ties and zeros, and with them. */
const EXACT_UP_TO = 50
const EXACT_UP_TO_TIED = 13

export interface WilcoxonOptions extends Pairs {
  zeros?: ZeroMethod
  method?: 'auto' | 'exact' | 'asymptotic'
}

export interface WilcoxonResult {
  n: number
  /** The smaller of the sums of positive and of negative ranks. */
  statistic: number
  /** Two-sided; 1 if every difference is 0. */
  p: number
  method: 'exact' | 'asymptotic'
}

/**
 * Wilcoxon's signed-rank test of paired values, first minus second: are the differences symmetric about 0? `auto` is as
 * in SciPy: exact for at most 50 pairs without ties and zeros, or at most 13 with them, else the normal approximation,
 * corrected for ties but not for continuity. The exact p is conditional on the ties.
 */
export function testWilcoxon({
  first,
  second,
  zeros = 'wilcox',
  method = 'auto',
}: WilcoxonOptions): WilcoxonResult {
  const all = pairDifferences({ first, second })
  const differences = zeros === 'wilcox' ? all.filter((difference) => difference !== 0) : all
  const { ranks, groups } = rankAscending(differences.map(Math.abs))
  const zeroCount = all.filter((difference) => difference === 0).length
  const sumRanks = (sign: number) =>
    ranks.reduce((sum, rank, index) => sum + (Math.sign(differences[index]!) === sign ? rank : 0), 0)
  const [positive, negative] = [sumRanks(1), sumRanks(-1)]
  const statistic = Math.min(positive, negative) + (zeros === 'zsplit' ? sumRanks(0) / 2 : 0)

  const plain = zeroCount === 0 && groups.every((size) => size === 1)
  const exact =
    method === 'exact' || (method === 'auto' && all.length <= (plain ? EXACT_UP_TO : EXACT_UP_TO_TIED))
  const moving = ranks.filter((_, index) => differences[index] !== 0)
  let p = 1
  if (exact) p = exactP(Math.min(positive, negative), moving)
  else if (moving.length > 0) {
    const dropped = zeros === 'pratt' ? zeroCount : 0
    const tied = dropped > 0 ? groups.slice(1) : groups
    p = asymptoticP(statistic, differences.length, dropped, tied)
  }
  return { n: all.length, statistic, p, method: exact ? 'exact' : 'asymptotic' }
}

/** Twice P(sum of positive ranks ≤ smaller) if each rank is positive or negative like a fair coin. */
function exactP(smaller: number, ranks: Float64Array): number {
  // Mean ranks are halves, so that their doubles index an array.
  const chance = new Float64Array(2 * smaller + 1)
  chance[0] = 1
  for (const rank of ranks) {
    for (let sum = chance.length - 1; sum >= 0; sum--)
      chance[sum] = (chance[sum]! + (chance[sum - 2 * rank] ?? 0)) / 2
  }
  return Math.min(1, 2 * chance.reduce((total, value) => total + value, 0))
}

/** The normal approximation for n ranks; the lowest `dropped` of them fell to neither side. */
function asymptoticP(statistic: number, n: number, dropped: number, tied: readonly number[]): number {
  const mean = (n * (n + 1) - dropped * (dropped + 1)) / 4
  const squares = n * (n + 1) * (2 * n + 1) - dropped * (dropped + 1) * (2 * dropped + 1)
  const ties = tied.reduce((sum, size) => sum + size ** 3 - size, 0)
  const z = (statistic - mean) / Math.sqrt((squares - ties / 2) / 24)
  return Math.min(1, 2 * normalCdf(z))
}
