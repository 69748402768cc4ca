import { coinCdf } from './distributions.ts'
import type { Pairs } from './measurements.ts'
import { pairDifferences } from './samples.ts'

export interface McNemarResult {
  n: number
  /** Pairs that are right only in the first. */
  onlyFirst: number
  /** Pairs that are right only in the second. */
  onlySecond: number
  /** Exact, two-sided; 1 if no pair differs. */
  p: number
  /** Mid-p: counts the observed outcome by half. Less conservative, yet rarely above its level. */
  midP: number
}

/**
 * McNemar's exact test of paired right (1) and wrong (0) answers: are both right equally often? Only pairs that differ
 * are informative; under the null hypothesis each falls to either side like a fair coin.
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
