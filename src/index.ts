export type { DatasetFact, DatasetFacts, ToldOrder } from './lib/datasets/dataset-facts.ts'
export type { DatasetKind, DatasetRules } from './lib/datasets/dataset-kind.ts'
export type { Finding } from './lib/datasets/finding.ts'
export type {
  FactInBothOrders,
  Transform,
  TransformContext,
  TransformedRecords,
  TransformRecords,
} from './lib/datasets/transforms/transform.ts'
export type {
  Contrast,
  EvaluationSample,
  Evaluator,
  EvaluatorDescriptor,
  LoadSamplesOptions,
  RelateOptions,
  Relation,
  SampleAnswer,
  SampleMeasures,
  SplitMetrics,
  SplitSummary,
} from './lib/evaluation/evaluator.ts'
export {
  ANSWER_DESCRIPTIONS,
  answerMeasures,
  answerMetrics,
  equals,
  matchOf,
  meanMeasure,
  meanOfMeasured,
  startsWith,
  summarizeSplits,
} from './lib/evaluation/measures.ts'
export type { ModelNeeds } from './lib/evaluation/model-needs.ts'
export type { NoAnswer } from './lib/evaluation/no-answers.ts'
export type { Register } from './lib/extensions/extensions.ts'
export { apiVersion } from './lib/extensions/extensions.ts'
export type { FollowJobOptions } from './lib/finetuning/follow-job.ts'
export { followJob } from './lib/finetuning/follow-job.ts'
export { followRun } from './lib/finetuning/follow-run.ts'
export type {
  Discovery,
  FineTuneEstimate,
  FineTuneProvider,
  FineTuneRequest,
  JobProvider,
  ProviderDescriptor,
  ProviderOptions,
  TrainableModel,
  TrainingProvider,
} from './lib/finetuning/provider.ts'
export type {
  Availability,
  GenerateOptions,
  Generation,
  LanguageModel,
  ScoreRequest,
  Scoring,
  TargetScore,
} from './lib/models/language-model.ts'
export type { ClientOptions, ModelClient, ModelReference } from './lib/models/model-client.ts'
export type { RunPlace } from './lib/models/model-source.ts'
export type { EvaluationSummary, ScoredSample } from './lib/schemas/evaluation.ts'
export type { MetricDescription, MetricDescriptions } from './lib/schemas/metric.ts'
export type { OptionsSchema, OptionValues } from './lib/schemas/option-values.ts'
export type { PromptCompletion } from './lib/schemas/prompt-completion.ts'
export type { RunEvent, RunRecord } from './lib/schemas/run.ts'
export type { RunStatus } from './lib/schemas/run-status.ts'
export type { CsvRow, CsvTable } from './lib/support/csv.ts'
export { readCsv } from './lib/support/csv.ts'
export type { ReversalErrorOptions } from './lib/support/errors.ts'
export { InputError, InterruptedError, ReversalError } from './lib/support/errors.ts'
export { readTextFile, sha256File } from './lib/support/files.ts'
export type { Check, JsonlProblem, ReadJsonlOptions } from './lib/support/jsonl.ts'
export { readJsonl, readJsonlBatches } from './lib/support/jsonl.ts'
export type { Descriptor } from './lib/support/registry.ts'
export { newRunId } from './lib/tracking/run-id.ts'
export type { RunStore } from './lib/tracking/run-store.ts'
export type {
  ConfigChange,
  OpenTrackerOptions,
  SyncedRun,
  SyncTask,
  TagChange,
  TrackedRun,
  TrackedState,
  Tracker,
  TrackerDescriptor,
  TrackerSettings,
  Waiting,
} from './lib/tracking/tracker.ts'
export { TrackerUnavailableError } from './lib/tracking/tracker.ts'
