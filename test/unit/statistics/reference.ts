import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'

/** A sample written out, or the recipe that make-reference.py draws it by. */
export type Sample =
  | number[]
  | { seed: number; n: number; shift: number; scale: number }
  | { seed: number; n: number; low: number; high: number }

interface SamplePair {
  first: Sample
  second: Sample
}

interface Bounds {
  estimate: number
  low: number
  high: number
  confidence: number
}

interface TestValues {
  statistic: number
  p: number
}

interface Reference {
  pairedT: (SamplePair & TestValues & { name: string; low: number; high: number })[]
  mean: (Bounds & { values: Sample; standardDeviation: number; standardError: number })[]
  kolmogorovSmirnov: (SamplePair & TestValues & { method: 'auto' | 'exact' | 'asymptotic' })[]
  wilcoxon: (SamplePair &
    TestValues & { method: 'auto' | 'exact' | 'asymptotic'; zeros: 'wilcox' | 'pratt' | 'zsplit' })[]
  mcNemar: { onlyFirst: number; onlySecond: number; p: number; midP: number }[]
  pairedPermutation: (SamplePair & TestValues & { resamples?: number; seed?: number })[]
  twoSamplePermutation: (SamplePair & TestValues & { resamples?: number; seed?: number })[]
  proportion: (Bounds & { successes: number; trials: number })[]
  bootstrap: (Bounds & {
    values: Sample
    clusters?: Sample
    resamples: number
    seed: number
    method: 'bca' | 'percentile'
  })[]
  effectSize: (SamplePair & { cohenD: number; hedgesG: number | null })[]
  adjusted: { pValues: number[]; holm: number[]; benjaminiHochberg: number[] }[]
  equivalence: (SamplePair & {
    low: number
    high: number
    alpha: number
    p: number
    aboveLow: TestValues
    belowHigh: TestValues
    interval: [number, number]
  })[]
  detectableEffect: { n: number; alpha: number; power: number; effect: number }[]
  distributions: {
    student: { t: number; df: number; tail: number }[]
    critical: { df: number; tail: number; t: number }[]
    normal: { z: number; p: number }[]
    quantiles: { p: number; z: number }[]
    coins: { k: number; n: number; p: number }[]
  }
  helpers: { values: number[]; ranks: number[]; quantiles: { fraction: number; value: number }[] }
}

/** What SciPy and statsmodels say; test/fixtures/statistics/make-reference.py wrote it and tells how. */
export const reference: Reference = JSON.parse(
  readFileSync(new URL('../../fixtures/statistics/reference.json', import.meta.url), 'utf8'),
)

export function valuesOf(sample: Sample): number[] {
  if (Array.isArray(sample)) return sample
  const random = new PythonRandom(sample.seed)
  return Array.from({ length: sample.n }, () =>
    'low' in sample ? random.randint(sample.low, sample.high) : sample.shift + sample.scale * random.random(),
  )
}

export function pairOf({ first, second }: SamplePair): { first: number[]; second: number[] } {
  return { first: valuesOf(first), second: valuesOf(second) }
}

export function describeSample(sample: Sample): string {
  return Array.isArray(sample) ? `[${sample.join(', ')}]` : `${sample.n} draws from seed ${sample.seed}`
}

/** Asserts agreement to 1e-10 of the expected value in every number of `expected`. */
export function expectClose(actual: object, expected: object): void {
  for (const [name, wanted] of Object.entries(expected)) {
    const value = (actual as Record<string, unknown>)[name]
    if (typeof wanted !== 'number') expect(value, name).to.equal(wanted)
    else expect(value, name).to.be.closeTo(wanted, 1e-10 * Math.abs(wanted))
  }
}
