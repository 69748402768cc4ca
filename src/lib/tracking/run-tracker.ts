import type { EvaluationSummary } from '../schemas/evaluation.ts'
import type { RunEvent, RunRecord } from '../schemas/run.ts'

/** A place that keeps runs: the folder on this machine, Weights & Biases. */
export interface RunTracker {
  readonly name: string
  /** Store a run for the first time, or its whole new state. */
  save(run: RunRecord): Promise<void>
  /** Append events in order. An event that was sent before is not stored twice. */
  log(runId: string, events: readonly RunEvent[]): Promise<void>
  /** Add and remove tags. */
  tag(runId: string, change: { add?: readonly string[]; remove?: readonly string[] }): Promise<unknown>
  /** Store the result of an evaluation of the run. */
  recordEvaluation(runId: string, summary: EvaluationSummary): Promise<unknown>
}
