import type { HeldOutCheck } from '../../datasets/held-out.ts'
import type { Order } from '../../datasets/instructions/phrasings.ts'
import type { DirectionComparison } from '../../evaluation/celebrities/compare-directions.ts'
import type { Evaluator } from '../../evaluation/evaluator.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { DatasetManifest } from '../../schemas/manifest.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { BeforeEvidence } from './before-training.ts'
import type { LossCurve } from './loss-curve.ts'
import type { Measured } from './measured.ts'
import type { PromptScores } from './prompt-scores.ts'

/** All data for a report. */
export interface Evidence {
  runs: RunEvidence[]
  /** What could not be used, and why. */
  warnings: string[]
}

/** A run and what is known of it. */
export interface RunEvidence {
  run: RunRecord
  /** Names its configuration: runs with one label differ in their seeds at most. */
  group: string
  /** How the data set was made, where its directory is still there and says so. */
  manifest: DatasetManifest | undefined
  /** Checksum of the training file, as recorded or as it lies there. */
  trainingSha256?: string | undefined
  /** What its evaluations asked, the seed of the data set aside. */
  asked?: string | undefined
  /** What it was trained on of what its evaluation tests; undefined where that was not checked. */
  heldOut?: Omit<HeldOutCheck, 'findings'> | undefined
  losses: LossCurve
  /** Of its training, without pauses; null where that is not known. */
  seconds?: number | null | undefined
  /** The complete evaluations, one for each evaluator and data set. */
  evaluations: EvaluationSummary[]
  /** The evaluators of these by their IDs, without those whose plugin is not here. */
  evaluators?: ReadonlyMap<string, Evaluator> | undefined
  /** The evaluations of no design that the report has sections for, with what they measured where that can be read. */
  others?: readonly OtherEvaluation[] | undefined
  /** Of experiment 1, prompt by prompt. */
  reverse: PromptScores | undefined
  /** What the pretrained model that it began from said on the same data set. */
  before?: BeforeEvidence | undefined
  /** Of experiment 3. */
  qa: QaEvidence | undefined
}

export interface OtherEvaluation {
  summary: EvaluationSummary
  measured: Measured | undefined
  /** What it asked, the seed of the data set aside: only evaluations that asked the same are averaged. */
  asked?: string | undefined
}

export interface QaEvidence {
  scores: PromptScores
  /** In which the guidances that the run learned state their pairs; undefined where they do not say. */
  order: Order | 'mixed' | undefined
}

/** The contents of a result file of experiment 2, and its path. */
export interface ComparedFile extends DirectionComparison {
  file: string
  sha256: string
}

/** Runs by their group, in the order of first appearance. */
export function byGroup<T extends Pick<RunEvidence, 'group'>>(runs: readonly T[]): [string, T[]][] {
  return [...Map.groupBy(runs, ({ group }) => group)]
}
