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
  /** Unique within the evaluation and the same in each run of it, such as `p2d_prompts_test/12`. */
  id: string
  split: string
  prompt: string
  /** The prompt for chat models; `prompt` by default. */
  question?: string
  /** The right completion, without the space that joins it to the prompt. */
  target: string
  /**
   * Texts to score as they follow the prompt, with the space that joins them; the first is the right one.
   * Empty: no scoring for this sample.
   */
  scoreTargets: readonly string[]
  /** Anything that the evaluator needs when it summarizes: facts, template numbers. Must be valid JSON. */
  metadata?: Record<string, unknown>
}

/** A model's answer to a sample. */
export interface SampleAnswer {
  /** As the model wrote them, mostly with a space in front; greedy ones unless the evaluator needs others. */
  completions: readonly string[]
  /** One for each of the sample's `scoreTargets`; null if it has none or the model cannot score. */
  scores: readonly TargetScore[] | null
  /**
   * Why there is no answer, so that it is neither right nor wrong: the completion, or most of several, is not an
   * answer. Absent if there is one.
   */
  noAnswer?: NoAnswer | undefined
  /** The same for each completion, if there are several. */
  noAnswers?: readonly (NoAnswer | undefined)[]
}

/** Measures of one answer by name; null if not available. */
export type SampleMeasures = Record<string, number | null>

export interface LoadSamplesOptions {
  /** Only these splits; all by default. */
  splits?: readonly string[]
  /** At most this many samples of each split, the first ones. */
  maxSamples: number
  /**
   * Score every candidate answer of the data set after each prompt that asks for one, the right one first. Only for
   * evaluators with `canRankAll`.
   */
  rankAll?: boolean
}

/** Metrics of one split: numbers by name, such as `prefix_accuracy`; null if not available. */
export type SplitMetrics = Record<string, number | null>

export interface SplitSummary {
  split: string
  samples: number
  metrics: SplitMetrics
}

/** A difference between two splits, with its interval; null if it is undefined. */
export type Contrast = NonNullable<EvaluationSummary['contrasts']>[number]

/**
 * Evaluations that are meaningful only side by side, such as those of models that learned the two orders of experiment
 * 3.
 */
export interface Relation {
  title: string
  /** The sides, in the order of display. */
  sides: readonly string[]
  /** The metrics to show, with the evaluator's descriptions. */
  metrics: readonly string[]
  splits: readonly { split: string; samples: number; metrics: Readonly<Record<string, SplitMetrics>> }[]
  /** What a reader must know: sentences. */
  notes: readonly string[]
  /** Data for `--json`. */
  data: object
}

export interface RelateOptions {
  /** The store, which also has earlier evaluations. */
  store: RunStore
  /** Those that a command has just made or found. */
  evaluations: readonly EvaluationSummary[]
}

export const REPORTED_DESIGNS = ['directions', 'orders'] as const
/**
 * Designs that the report has sections for. `directions`: facts that were trained in one direction and are asked for in
 * both, in the splits of experiment 1. `orders`: instructions that were trained in one of two orders, in the splits of
 * experiment 3.
 */
export type ReportedDesign = (typeof REPORTED_DESIGNS)[number]

/** An entry of the door for evaluators. */
export interface EvaluatorDescriptor extends Descriptor<Evaluator, OptionValues> {
  /**
   * Its relations, and the key under which `eval:run --json` lists their data; absent if its evaluations stand alone.
   */
  readonly relations?: { key: string; relate: (options: RelateOptions) => Promise<Relation[]> }
  /** The sections of the report that its evaluations fill; by default the one for evaluations of any kind. */
  readonly report?: ReportedDesign
  /** Options for `--evaluator-option KEY=VALUE`, each with its default. */
  readonly options?: OptionsSchema
  /**
   * True if it asks about another evaluator's data sets in another way, so that it is used only when the user names it.
   */
  readonly onlyNamed?: boolean
}

/**
 * An evaluation of one kind of data set: a plain object, in which everything but `loadSamples` and, if a model judges,
 * `scoreSample` is a pure function. Plugins add evaluators through the hook `register`.
 */
export interface Evaluator {
  /** That of its descriptor. */
  readonly name: string
  /** Raise it when scores change their meaning; stored with every result. */
  readonly version: number
  /** Its splits, in the order of display. */
  readonly splits: readonly string[]
  /** Default maximum number of new tokens in an answer. */
  readonly maxTokens: number
  /** What it needs from a model. */
  readonly needs?: ModelNeeds
  /** Descriptions of its measures and metrics, by name; others are described by their names. */
  readonly descriptions?: MetricDescriptions
  /**
   * The files that it reads from a data set, if other files must not affect the evaluation's identity; all by default.
   */
  readonly datasetFiles?: readonly string[]
  /** Absolute path of its default data set. */
  readonly usualDataset?: string
  /** True if measures follow from one answer alone, so that the journal of an earlier version can be scored again. */
  readonly canRescore?: boolean
  /** True when `loadSamples` heeds `rankAll`. */
  readonly canRankAll?: boolean
  /** True when this evaluator can read the data set in the directory. */
  accepts(datasetDirectory: string): Promise<boolean>
  loadSamples(datasetDirectory: string, options: LoadSamplesOptions): Promise<EvaluationSample[]>
  /**
   * Measures of one answer, such as `{ prefix_match: 1, logprob: -3.2 }`. May be slow, for example if another model
   * judges; an error ends the evaluation, which keeps what was scored before.
   */
  scoreSample(
    sample: EvaluationSample,
    answer: SampleAnswer,
    options: { signal?: AbortSignal | undefined },
  ): SampleMeasures | Promise<SampleMeasures>
  /** Metrics of each split, from all its scored samples. */
  summarize(samples: readonly ScoredSample[]): SplitSummary[]
  /** Comparisons of splits, such as the reversal gap. */
  contrast?(samples: readonly ScoredSample[]): Contrast[]
}
