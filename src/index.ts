export type { DatasetKind, DatasetRules } from './lib/datasets/dataset-kind.ts'
export type { Finding } from './lib/datasets/finding.ts'
export type { Transform, TransformContext, TransformRecords } from './lib/datasets/transforms/transform.ts'
export type {
  Contrast,
  EvaluationSample,
  Evaluator,
  EvaluatorDescriptor,
  LoadSamplesOptions,
  SampleAnswer,
  SplitMetrics,
  SplitSummary,
} from './lib/evaluation/evaluator.ts'
export { equals, startsWith } from './lib/evaluation/measures.ts'
export type { Register } from './lib/extensions/extensions.ts'
export { apiVersion } from './lib/extensions/extensions.ts'
export type {
  Discovery,
  FineTuneEstimate,
  FineTuneProvider,
  FineTuneRequest,
  TrainableModel,
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
export type { EvaluationSummary, ScoredSample } from './lib/schemas/evaluation.ts'
export type { OptionsSchema, OptionValues } from './lib/schemas/option-values.ts'
export type { PromptCompletion } from './lib/schemas/prompt-completion.ts'
export type { RunEvent, RunRecord } from './lib/schemas/run.ts'
export type { CsvRow, CsvTable } from './lib/support/csv.ts'
export { readCsv } from './lib/support/csv.ts'
export type { ReversalErrorOptions } from './lib/support/errors.ts'
export { InputError, ReversalError } from './lib/support/errors.ts'
export { readTextFile } from './lib/support/files.ts'
export type { Check, JsonlProblem, ReadJsonlOptions } from './lib/support/jsonl.ts'
export { readJsonl, readJsonlBatches } from './lib/support/jsonl.ts'
export type { Descriptor } from './lib/support/registry.ts'
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
