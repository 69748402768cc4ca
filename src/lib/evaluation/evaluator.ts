import type { TargetScore } from '../models/language-model.ts'
import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import type { OptionsSchema, OptionValues } from '../schemas/option-values.ts'
import type { Descriptor } from '../support/registry.ts'
import type { NoAnswer } from './no-answers.ts'

/** One prompt of an evaluation. */
export interface EvaluationSample {
  /** Unique within the evaluation and the same at each run of it, such as `p2d_prompts_test/12`. */
  id: string
  split: string
  prompt: string
  /** The right completion, without the space that joins it to the prompt. */
  target: string
  /**
   * Texts to score as they follow the prompt, with the space that joins them; the first is the right one.
   * Empty: no scoring for this sample.
   */
  scoreTargets: readonly string[]
  /** Anything the evaluator wants back when it summarizes: facts, template numbers. Must survive JSON. */
  metadata?: Record<string, unknown>
}

/** What the model answered to a sample. */
export interface SampleAnswer {
  /** Greedy ones, as the model wrote them, mostly with a space in front. */
  completions: readonly string[]
  /** One for each of the sample's `scoreTargets`; null where there are none or the model cannot score. */
  scores: readonly TargetScore[] | null
  /** Why the first completion is not an answer; it is then neither right nor wrong. Absent where it is one. */
  noAnswer?: NoAnswer | undefined
}

export interface LoadSamplesOptions {
  /** Only these splits; all where it is not given. */
  splits?: readonly string[]
  /** At most this many samples of each split, the first ones. */
  maxSamples: number
  /**
   * Score every candidate answer of the data set after each prompt that asks for one, the right one first. Only
   * evaluators with `canRankAll` are told to.
   */
  rankAll?: boolean
}

/** Metrics of one split: numbers by name, such as `prefix_accuracy`; null where not available. */
export type SplitMetrics = Record<string, number | null>

export interface SplitSummary {
  split: string
  samples: number
  metrics: SplitMetrics
}

/** A difference between two splits, with its interval; null where it is not defined. */
export type Contrast = NonNullable<EvaluationSummary['contrasts']>[number]

/** What the door for evaluators takes. */
export interface EvaluatorDescriptor extends Descriptor<Evaluator, OptionValues> {
  /** What `--evaluator-option KEY=VALUE` may say, each with its default; nothing where it is not given. */
  readonly options?: OptionsSchema
}

/**
 * An evaluation of one kind of data set. Plain object; everything but `loadSamples` is a pure function.
 * Plugins add evaluators through the hook `register`.
 */
export interface Evaluator {
  /** That of its descriptor. */
  readonly name: string
  /** Raise it when scores change their meaning; stored with every result. */
  readonly version: number
  /** The splits it knows, in the order in which they are shown. */
  readonly splits: readonly string[]
  /** New tokens that an answer needs at most, unless the user says otherwise. */
  readonly maxTokens: number
  /** True when `loadSamples` heeds `rankAll`. */
  readonly canRankAll?: boolean
  /** True when this evaluator can read the data set in the directory. */
  accepts(datasetDirectory: string): Promise<boolean>
  loadSamples(datasetDirectory: string, options: LoadSamplesOptions): Promise<EvaluationSample[]>
  /** Measures of one answer by name, such as `{ prefix_match: 1, logprob: -3.2 }`; null where not available. */
  scoreSample(sample: EvaluationSample, answer: SampleAnswer): Record<string, number | null>
  /** Metrics of each split, from all its scored samples. */
  summarize(samples: readonly ScoredSample[]): SplitSummary[]
  /** What splits say only together, such as the reversal gap. */
  contrast?(samples: readonly ScoredSample[]): Contrast[]
}
