import type { TargetScore } from '../models/language-model.ts'
import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import type { MetricDescriptions } from '../schemas/metric.ts'
import type { OptionsSchema, OptionValues } from '../schemas/option-values.ts'
import type { Descriptor } from '../support/registry.ts'
import type { RunStore } from '../tracking/run-store.ts'
import type { ModelNeeds } from './model-needs.ts'
import type { NoAnswer } from './no-answers.ts'

/** One prompt of an evaluation. */
export interface EvaluationSample {
  /** Unique within the evaluation and the same at each run of it, such as `p2d_prompts_test/12`. */
  id: string
  split: string
  prompt: string
  /** What a model that answers in a conversation is asked instead; the prompt where it is not given. */
  question?: string
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
  /** As the model wrote them, mostly with a space in front; greedy ones unless the evaluator needs others. */
  completions: readonly string[]
  /** One for each of the sample's `scoreTargets`; null where there are none or the model cannot score. */
  scores: readonly TargetScore[] | null
  /**
   * Why there is no answer, which is then neither right nor wrong: because the completion is none, or of several most.
   * Absent where there is one.
   */
  noAnswer?: NoAnswer | undefined
  /** The same of each completion, where there are several. */
  noAnswers?: readonly (NoAnswer | undefined)[]
}

/** Measures of one answer by name; null where not available. */
export type SampleMeasures = Record<string, number | null>

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

/**
 * Evaluations that only say something together, side by side, such as those of models that learned the two orders of
 * experiment 3.
 */
export interface Relation {
  title: string
  /** What stands side by side, in the order to show it. */
  sides: readonly string[]
  /** The metrics to show, described as those of the evaluator. */
  metrics: readonly string[]
  splits: readonly { split: string; samples: number; metrics: Readonly<Record<string, SplitMetrics>> }[]
  /** What a reader must know, a sentence each. */
  notes: readonly string[]
  /** What `--json` tells of it. */
  data: object
}

export interface RelateOptions {
  /** What was evaluated before, too. */
  store: RunStore
  /** Those that a command has just made or found. */
  evaluations: readonly EvaluationSummary[]
}

export const REPORTED_DESIGNS = ['directions', 'orders'] as const
/**
 * Designs that the report has sections for. `directions`: facts that were trained in one direction and are asked in both,
 * in the splits of experiment 1. `orders`: instructions whose parts stood in one order in training, in the splits of
 * experiment 3.
 */
export type ReportedDesign = (typeof REPORTED_DESIGNS)[number]

/** What the door for evaluators takes. */
export interface EvaluatorDescriptor extends Descriptor<Evaluator, OptionValues> {
  /** Its relations, and the key under which `eval:run --json` lists their data; nothing where evaluations stand alone. */
  readonly relations?: { key: string; relate: (options: RelateOptions) => Promise<Relation[]> }
  /** Whose sections of the report its evaluations fill; where it is not given, that of evaluations of any kind. */
  readonly report?: ReportedDesign
  /** What `--evaluator-option KEY=VALUE` may say, each with its default; nothing where it is not given. */
  readonly options?: OptionsSchema
  /** True for one that asks about data sets of another's kind in another way: it is used where it is named, and only there. */
  readonly onlyNamed?: boolean
}

/**
 * An evaluation of one kind of data set. Plain object; everything but `loadSamples` and, where a model
 * judges, `scoreSample` is a pure function.
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
  /** What it needs of a model. */
  readonly needs?: ModelNeeds
  /** What its measures and metrics are, by name; those that it leaves out go by their names. */
  readonly descriptions?: MetricDescriptions
  /** The files that it reads of a data set, where other files beside them do not count; all where it is not given. */
  readonly datasetFiles?: readonly string[]
  /** Directory of the data set that it asks about where nobody names one; absolute. */
  readonly usualDataset?: string
  /** True when measures follow from one answer alone, so that a journal of an earlier version is scored again by them. */
  readonly canRescore?: boolean
  /** True when `loadSamples` heeds `rankAll`. */
  readonly canRankAll?: boolean
  /** True when this evaluator can read the data set in the directory. */
  accepts(datasetDirectory: string): Promise<boolean>
  loadSamples(datasetDirectory: string, options: LoadSamplesOptions): Promise<EvaluationSample[]>
  /**
   * Measures of one answer, such as `{ prefix_match: 1, logprob: -3.2 }`. May take its time, as where another model
   * judges; what it throws ends the evaluation, which keeps what was scored before.
   */
  scoreSample(
    sample: EvaluationSample,
    answer: SampleAnswer,
    options: { signal?: AbortSignal | undefined },
  ): SampleMeasures | Promise<SampleMeasures>
  /** Metrics of each split, from all its scored samples. */
  summarize(samples: readonly ScoredSample[]): SplitSummary[]
  /** What splits say only together, such as the reversal gap. */
  contrast?(samples: readonly ScoredSample[]): Contrast[]
}
