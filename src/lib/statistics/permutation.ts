import { PythonRandom } from '../support/python-random.ts'
import type { Defined, Pairs, TwoSamples } from './measurements.ts'
import { mean, pairDifferences, requireFinite } from './samples.ts'

/** Up to this many rearrangements all are counted, which takes some 10 ms. */
const EXACT_UP_TO = 2 ** 20

export interface PermutationOptions {
  /** Number of random rearrangements if there are too many to enumerate. */
  resamples?: number
  seed?: number
}

export interface PermutationResult {
  /** The difference of means, first minus second; null if there are no values. */
  statistic: Defined
  /** Two-sided: twice the smaller one-sided p, at most 1. Null if the statistic is. */
  p: Defined
  method: 'exact' | 'monte-carlo'
  /** How many rearrangements were counted; the observed one is among them. */
  permutations: number
}

const NOTHING_TO_PERMUTE: PermutationResult = { statistic: null, p: null, method: 'exact', permutations: 0 }

/**
 * Permutation test of paired values: if each pair were equally likely the other way round, how often would the mean
 * difference be at least as far from 0? Enumerates all signs for up to 20 differences other than 0, else draws random
 * ones.
 */
export function testPairedPermutation({
  first,
  second,
  resamples = 9999,
  seed = 0,
}: Pairs & PermutationOptions): PermutationResult {
  const differences = pairDifferences({ first, second })
  if (differences.length === 0) return NOTHING_TO_PERMUTE
  const moving = differences.filter((difference) => difference !== 0)
  const tally = new Tally(moving, moving)
  const exact = 2 ** moving.length <= EXACT_UP_TO
  if (exact) addSignedSums(tally, moving)
  else {
    const random = new PythonRandom(seed)
    tally.add(tally.observed)
    for (let draw = 0; draw < resamples; draw++) {
      tally.add(
        moving.reduce((sum, difference) => sum + (random.random() < 0.5 ? difference : -difference), 0),
      )
    }
  }
  return { statistic: mean(differences), ...tally.result(), method: exact ? 'exact' : 'monte-carlo' }
}

/**
 * Permutation test of two samples: if all values came from one distribution, how often would the means be at least as
 * far apart? Enumerates all divisions into samples of these sizes up to a million, else draws random ones.
 */
export function testTwoSamplePermutation({
  first,
  second,
  resamples = 9999,
  seed = 0,
}: TwoSamples & PermutationOptions): PermutationResult {
  requireFinite(first, 'first')
  requireFinite(second, 'second')
  if (first.length === 0 || second.length === 0) return NOTHING_TO_PERMUTE
  // The total is constant, so ordering divisions by the sum of one sample orders them by the difference of means.
  const pooled = [...first, ...second]
  const tally = new Tally(first, pooled)
  const exact = countDivisions(pooled.length, first.length) <= EXACT_UP_TO
  if (exact) addDivisionSums(tally, pooled, first.length)
  else {
    const random = new PythonRandom(seed)
    tally.add(tally.observed)
    for (let draw = 0; draw < resamples; draw++) {
      random.shuffle(pooled)
      tally.add(total(pooled.slice(0, first.length)))
    }
  }
  return { statistic: mean(first) - mean(second), ...tally.result(), method: exact ? 'exact' : 'monte-carlo' }
}

/** Counts sums on either side of the observed one; sums that differ only by rounding count as equal. */
class Tally {
  readonly observed: number
  readonly #rounding: number
  #atLeast = 0
  #atMost = 0
  #all = 0

  constructor(observed: readonly number[], all: readonly number[]) {
    this.observed = total(observed)
    this.#rounding = 1e-12 * total(all.map(Math.abs))
  }

  add(sum: number): void {
    this.#all++
    if (sum >= this.observed - this.#rounding) this.#atLeast++
    if (sum <= this.observed + this.#rounding) this.#atMost++
  }

  result(): { p: number; permutations: number } {
    const p = Math.min(1, (2 * Math.min(this.#atLeast, this.#atMost)) / this.#all)
    return { p, permutations: this.#all }
  }
}

/** Every sum of the values with either sign. */
function addSignedSums(tally: Tally, values: readonly number[], index = 0, sum = 0): void {
  if (index === values.length) tally.add(sum)
  else {
    addSignedSums(tally, values, index + 1, sum + values[index]!)
    addSignedSums(tally, values, index + 1, sum - values[index]!)
  }
}

/** Every sum of `size` of the values. */
function addDivisionSums(tally: Tally, values: readonly number[], size: number, index = 0, sum = 0): void {
  if (size === 0) tally.add(sum)
  else if (values.length - index >= size) {
    addDivisionSums(tally, values, size - 1, index + 1, sum + values[index]!)
    addDivisionSums(tally, values, size, index + 1, sum)
  }
}

/** Ways to choose k of n; more than a double can hold is infinite. */
function countDivisions(n: number, k: number): number {
  let ways = 1
  for (let i = 1; i <= Math.min(k, n - k); i++) ways *= (n + 1 - i) / i
  return Math.round(ways)
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
