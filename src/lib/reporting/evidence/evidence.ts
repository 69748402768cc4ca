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

/** A run and everything a report says about it. */
export interface RunEvidence {
  run: RunRecord
  /** Names its configuration: runs with the same label differ in nothing but their seeds. */
  group: string
  /** How the data set was made; undefined if its directory is gone or has no manifest. */
  manifest: DatasetManifest | undefined
  /** Checksum of the training file: the recorded one, or else that of the file as it is now. */
  trainingSha256?: string | undefined
  /** What its evaluations asked, apart from the seed of the data set. */
  asked?: string | undefined
  /** The tests of its evaluation that it was trained on; undefined if that was not checked. */
  heldOut?: Omit<HeldOutCheck, 'findings'> | undefined
  losses: LossCurve
  /** Of its training, without pauses; null where that is not known. */
  seconds?: number | null | undefined
  /** The complete evaluations, one for each evaluator and data set. */
  evaluations: EvaluationSummary[]
  /** Their evaluators, by the ID of the evaluation; those whose plugin is missing are left out. */
  evaluators?: ReadonlyMap<string, Evaluator> | undefined
  /** Evaluations of neither design. */
  others?: readonly OtherEvaluation[] | undefined
  /** Scores of the design `directions`, prompt by prompt: experiment 1 asks in both directions. */
  directions: PromptScores | undefined
  /** Results of the pretrained model that it began from, on the same data set. */
  before?: BeforeEvidence | undefined
  /** Scores of the design `orders`, prompt by prompt: experiment 3 states instructions in one of two orders. */
  orders: PromptScores | undefined
  /** The order of the instructions that the run learned, if its data set is of experiment 3 and says so. */
  order?: Order | 'mixed' | undefined
}

export interface OtherEvaluation {
  summary: EvaluationSummary
  /** Undefined if the journal cannot be read. */
  measured: Measured | undefined
  /** What it asked, the seed of the data set aside: only evaluations that asked the same are averaged. */
  asked?: string | undefined
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
