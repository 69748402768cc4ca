import { bootstrapMean } from '../../statistics/bootstrap.ts'
import { meanByCluster } from '../../statistics/clusters.ts'
import { estimateMean } from '../../statistics/mean-interval.ts'
import type { Interval } from '../../statistics/measurements.ts'
import { intervalOfShare } from '../../statistics/proportion.ts'
import { mean, standardDeviation } from '../../statistics/samples.ts'
import type { RunEvidence } from '../evidence/evidence.ts'
import { labeller } from '../evidence/labeller.ts'
import type { MeasuredValues } from '../evidence/measured.ts'
import type { PromptScore, PromptScores } from '../evidence/prompt-scores.ts'

/** Enough for the ends of an interval in whole per mille; a report makes hundreds of them. */
export const RESAMPLES = 1999

/** Values of prompts, with what makes them dependent. */
export interface Pool {
  values: number[]
  /** The fact of each, with its data set. */
  clusters: string[]
  /** The run and template of each. */
  cells: string[]
}

/** Scores of one run. */
export interface ScoredRun {
  id: string
  scores: PromptScores | undefined
}

/** A measure of one split over runs; prompts that do not have it are left out. */
export function pool(
  runs: readonly ScoredRun[],
  split: string,
  measure: (score: PromptScore) => number | null,
): Pool {
  const pooled: Pool = { values: [], clusters: [], cells: [] }
  for (const { id, scores } of runs) {
    const clusterOf = labeller((fact: string) => `${scores!.dataset} ${fact}`)
    const cellOf = labeller((template: number | null) => `${id} ${template}`)
    for (const score of scores?.splits.get(split) ?? []) {
      const value = measure(score)
      if (value === null) continue
      pooled.values.push(value)
      pooled.clusters.push(clusterOf(score.fact))
      pooled.cells.push(cellOf(score.template))
    }
  }
  return pooled
}

/** Values of several evaluations together. */
export function poolValues(found: readonly MeasuredValues[]): Pool {
  return {
    values: found.flatMap(({ values }) => values),
    clusters: found.flatMap(({ clusters }) => clusters),
    cells: [],
  }
}

/** The scores of the design `directions`, run by run. */
export function directionScores(runs: readonly RunEvidence[]): ScoredRun[] {
  return runs.map(({ run, directions }) => ({ id: run.id, scores: directions }))
}

/** From this many facts on, their means are close to normal, and resampling them would take seconds. */
const MANY = 500

/**
 * The mean of 0s and 1s with an interval clustered by fact: by bootstrap, for many facts by Student's t over their
 * means and, if all facts have one mean, which neither can handle, by Wilson's method with as many trials as facts.
 */
export function estimateShare(pooled: Pool): Interval {
  const clustered = estimatePool(pooled)
  if (clustered.estimate === null || clustered.low !== null) return clustered
  const trials = new Set(pooled.clusters).size
  const { low, high } = intervalOfShare({ share: clustered.estimate, trials })
  return { ...clustered, low, high }
}

/** The mean of values of any kind with an interval clustered by fact. */
export function estimatePool({ values, clusters }: Pool): Interval {
  const means = meanByCluster({ values, clusters })
  if (means.size < MANY) return bootstrapMean({ values, clusters, resamples: RESAMPLES })
  const { low, high, confidence } = estimateMean({ values: [...means.values()] })
  return { estimate: mean(values), low, high, confidence }
}

export function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values)
}

/** The standard deviation of the means of each run and template, as in the paper's Table 1; null for only one. */
export function deviationOfCells({ values, cells }: Pool): number | null {
  const means = [...Map.groupBy(values, (_, index) => cells[index]).values()].map(mean)
  return means.length < 2 ? null : standardDeviation(means)
}
