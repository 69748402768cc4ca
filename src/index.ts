export type {
  Contrast,
  EvaluationSample,
  Evaluator,
  LoadSamplesOptions,
  SampleAnswer,
  SplitMetrics,
  SplitSummary,
} from './lib/evaluation/evaluator.ts'
export { equals, startsWith } from './lib/evaluation/measures.ts'
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
export type { RunEvent, RunRecord } from './lib/schemas/run.ts'
export type { CsvRow, CsvTable } from './lib/support/csv.ts'
export { readCsv } from './lib/support/csv.ts'
export type { ReversalErrorOptions } from './lib/support/errors.ts'
export { InputError, ReversalError } from './lib/support/errors.ts'
export { readTextFile } from './lib/support/files.ts'
export type { Check, JsonlProblem, ReadJsonlOptions } from './lib/support/jsonl.ts'
export { readJsonl, readJsonlBatches } from './lib/support/jsonl.ts'
export type { RunTracker } from './lib/tracking/run-tracker.ts'
