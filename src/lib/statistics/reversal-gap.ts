import type { BootstrapOptions } from './bootstrap.ts'
import { bootstrapUnits, meanOfChosen } from './bootstrap.ts'
import type { Clusters } from './clusters.ts'
import { groupByCluster } from './clusters.ts'
import type { Defined, Interval } from './measurements.ts'
import { requireFinite } from './samples.ts'

/** Measures of prompts in one direction, with the fact that each asks for. */
export interface DirectionScores {
  values: readonly number[]
  facts: Clusters
}

/** The gap with its bootstrap interval clustered by fact. */
export interface ReversalGap extends Interval {
  /** Mean in the same direction, and in the reverse one. */
  same: Defined
  reverse: Defined
  /** Facts asked for in both directions; the others are left out. */
  facts: number
}

/**
 * The reversal gap: the mean measure (accuracy, log-probability) in the direction of training minus the mean in the
 * reverse direction, over facts asked for in both. Facts are resampled, each with all its prompts of both directions.
 */
export function measureReversalGap({
  same,
  reverse,
  ...options
}: BootstrapOptions & { same: DirectionScores; reverse: DirectionScores }): ReversalGap {
  requireFinite(same.values, 'same.values')
  requireFinite(reverse.values, 'reverse.values')
  const sameByFact = groupByCluster(same.values, same.facts)
  const reverseByFact = groupByCluster(reverse.values, reverse.facts)
  const facts = [...sameByFact.keys()].filter((fact) => reverseByFact.has(fact))
  const sameMean = meanOfChosen(facts.map((fact) => sameByFact.get(fact)!))
  const reverseMean = meanOfChosen(facts.map((fact) => reverseByFact.get(fact)!))
  const gap = bootstrapUnits({
    units: facts.length,
    statistic: (chosen) => sameMean(chosen) - reverseMean(chosen),
    ...options,
  })
  const all = Uint32Array.from(facts.keys())
  const defined = (meanOf: typeof sameMean) => (all.length === 0 ? null : meanOf(all))
  return { ...gap, same: defined(sameMean), reverse: defined(reverseMean), facts: facts.length }
}
