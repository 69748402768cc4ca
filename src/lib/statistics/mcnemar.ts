import { coinCdf } from './distributions.ts'
import type { Pairs } from './measurements.ts'
import { pairDifferences } from './samples.ts'

export interface McNemarResult {
  n: number
  /** Pairs right in the first alone. */
  onlyFirst: number
  /** Pairs right in the second alone. */
  onlySecond: number
  /** Exact, two-sided; 1 where no pair differs. */
  p: number
  /** Mid-p: half the weight of what was observed. Less conservative, yet rarely above its level. */
  midP: number
}

/**
 * McNemar's exact test of paired right (1) and wrong (0) answers: are both right equally often? Only the pairs that
 * differ tell, and under the null hypothesis each falls to either side like a fair coin.
 */
export function testMcNemar({ first, second }: Pairs): McNemarResult {
  const differences = pairDifferences({ first, second })
  for (const value of [...first, ...second])
    if (value !== 0 && value !== 1) throw new RangeError(`outcomes are 0 or 1, not ${value}`)
  const onlyFirst = differences.filter((difference) => difference === 1).length
  const onlySecond = differences.filter((difference) => difference === -1).length
  const smaller = Math.min(onlyFirst, onlySecond)
  const discordant = onlyFirst + onlySecond
  const upTo = coinCdf(smaller, discordant)
  return {
    n: differences.length,
    onlyFirst,
    onlySecond,
    p: Math.min(1, 2 * upTo),
    midP: discordant === 0 ? 1 : upTo + coinCdf(smaller - 1, discordant),
  }
}
