import { readCompleteJournal } from '../../evaluation/complete-journal.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import { describeMetric } from '../../schemas/metric.ts'
import { labeller } from './labeller.ts'

/** A measure of the samples of a split that have it. */
export interface MeasuredValues {
  values: number[]
  /** The fact that each value is about, with its data set: samples about one fact are not independent. */
  clusters: string[]
}

/** The measures of an evaluation by split and name. */
export type Measured = ReadonlyMap<string, ReadonlyMap<string, MeasuredValues>>

/**
 * Reads the measures of a complete evaluation from its journal, as a stream; measures of answers only for splits that
 * are measured. Throws InputError as `readPromptScores` does.
 */
export async function readMeasures(journal: string, summary: EvaluationSummary): Promise<Measured> {
  const { dataset, descriptions } = summary
  const unmeasured = new Set(summary.splits.flatMap((own) => (own.not_measured ? [own.split] : [])))
  const splits = new Map<string, Map<string, MeasuredValues>>()
  const clusterOf = labeller((fact: string) => `${dataset.hash} ${fact}`)
  for await (const batch of readCompleteJournal(journal, summary)) {
    for (const { id, split, measures, metadata } of batch) {
      const own = splits.get(split) ?? new Map<string, MeasuredValues>()
      splits.set(split, own)
      const cluster = clusterOf(typeof metadata?.fact === 'string' ? metadata.fact : id)
      for (const [name, value] of Object.entries(measures)) {
        if (value === null) continue
        if (unmeasured.has(split) && describeMetric(name, descriptions).from === 'answers') continue
        const measured = own.get(name) ?? { values: [], clusters: [] }
        own.set(name, measured)
        measured.values.push(value)
        measured.clusters.push(cluster)
      }
    }
  }
  return splits
}
