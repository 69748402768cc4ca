import { studentCritical, studentTail } from './distributions.ts'
import type { Defined, Interval } from './measurements.ts'
import { requireFinite, requireFraction } from './samples.ts'

/** Measurements of one side, each with the run that gave it and the fact that it is about. */
export interface CrossedValues {
  values: readonly number[]
  /** A label on both sides is one cluster of both, such as two runs of one seed. */
  runs: readonly string[]
  facts: readonly string[]
  /** Weight of each value in the mean of its side; equal by default. */
  weights?: readonly number[] | undefined
}

export interface TwoWayDifference extends Interval {
  standardError: Defined
  /** t, with `df` degrees of freedom. */
  statistic: Defined
  df: Defined
  /** Two-sided. */
  p: Defined
  /** Sources of variation in the standard error: with one run per side, the variation between runs is unknown. */
  over: ('runs' | 'facts')[]
}

/**
 * The difference of two means, first minus second, with a t test and interval that let runs and facts vary at once.
 * Values of one run are not independent, and neither are values about one fact, so the variance is that between runs
 * plus that between facts minus what both count (Cameron, Gelbach and Miller, Journal of Business and Economic
 * Statistics 29, 2011), and never less than either. The degrees of freedom are those of the fewest clusters. Runs are
 * assumed to be drawn from all seeds, and facts from all facts, each independently.
 *
 * If both sides have the same labels, they are paired: with one fact this is the paired t test over runs, with one run
 * that over facts. If they share no labels, the variances of the sides add up. Throws RangeError if they share some
 * labels but not all. Without spread, or with one run and one fact, there is neither interval nor test.
 */
export function testTwoWayDifference({
  first,
  second,
  confidence = 0.95,
}: {
  first: CrossedValues
  second: CrossedValues
  confidence?: number
}): TwoWayDifference {
  requireFraction(confidence, 'confidence')
  const sides = [first, second].map(influencesOf)
  const [own, other] = sides as [Influences, Influences]
  const nothing = { low: null, high: null, confidence, standardError: null, statistic: null, df: null }
  if (own.mean === null || other.mean === null) return { estimate: null, ...nothing, p: null, over: [] }
  const estimate = own.mean - other.mean

  const runs = clusteredVariance(sides, ({ run }) => run)
  const facts = clusteredVariance(sides, ({ fact }) => fact)
  const both = clusteredVariance(sides, ({ run, fact }) => JSON.stringify([run, fact]))
  const over = (['runs', 'facts'] as const).filter((_, index) => [runs, facts][index] !== undefined)
  const parts = [runs, facts].filter((part) => part !== undefined)
  if (parts.length === 0) return { estimate, ...nothing, p: null, over }
  const single = Math.max(...parts.map(({ variance }) => variance))
  const joint = runs && facts && both ? runs.variance + facts.variance - both.variance : 0
  const standardError = Math.sqrt(Math.max(single, joint))
  let size = 0
  for (const { values } of [first, second]) for (const value of values) size = Math.max(size, Math.abs(value))
  if (standardError <= ROUNDING * size) return { estimate, ...nothing, standardError: 0, p: null, over }

  const df = Math.min(...parts.map(({ clusters }) => clusters)) - 1
  const statistic = estimate / standardError
  const half = studentCritical((1 - confidence) / 2, df) * standardError
  return {
    ...{ estimate, low: estimate - half, high: estimate + half, confidence, standardError },
    ...{ statistic, df, p: 2 * studentTail(Math.abs(statistic), df), over },
  }
}

/** Standard errors below this share of the values are their rounding. */
const ROUNDING = 1e-12

/** How much each value moves the difference. */
interface Influences {
  mean: number | null
  entries: { run: string; fact: string; influence: number }[]
}

function influencesOf({ values, runs, facts, weights }: CrossedValues, index: number): Influences {
  requireFinite(values, index === 0 ? 'first' : 'second')
  for (const labels of [runs, facts, weights ?? values]) {
    if (labels.length !== values.length)
      throw new RangeError(`${values.length} values need as many labels and weights, not ${labels.length}`)
  }
  if (values.length === 0) return { mean: null, entries: [] }
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? values.length
  const shareOf = (place: number) => (weights?.[place] ?? 1) / total
  const mean = values.reduce((sum, value, place) => sum + shareOf(place) * value, 0)
  const sign = index === 0 ? 1 : -1
  return {
    mean,
    entries: values.map((value, place) => ({
      ...{ run: runs[place]!, fact: facts[place]! },
      influence: sign * shareOf(place) * (value - mean),
    })),
  }
}

/** Variance over the clusters that both sides share, or over those of each; undefined if a side has only one. */
function clusteredVariance(
  sides: readonly Influences[],
  labelOf: (entry: Influences['entries'][number]) => string,
): { variance: number; clusters: number } | undefined {
  const [own, other] = sides.map(({ entries }) => new Set(entries.map(labelOf))) as [Set<string>, Set<string>]
  const common = [...own].filter((label) => other.has(label)).length
  const paired = common === own.size && common === other.size
  if (common > 0 && !paired) {
    throw new RangeError(`${common} labels are on both sides, and others on one alone`)
  }
  const strata = paired ? [sides.flatMap(({ entries }) => entries)] : sides.map(({ entries }) => entries)
  const parts = strata.map((entries) => {
    const sums = [...Map.groupBy(entries, labelOf).values()].map((cluster) =>
      cluster.reduce((sum, { influence }) => sum + influence, 0),
    )
    const squares = sums.reduce((sum, value) => sum + value ** 2, 0)
    return { variance: (squares * sums.length) / (sums.length - 1), clusters: sums.length }
  })
  const clusters = Math.min(...parts.map((part) => part.clusters))
  if (clusters < 2) return undefined
  return { variance: parts.reduce((sum, part) => sum + part.variance, 0), clusters }
}
