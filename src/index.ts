export type {
  Contrast,
  EvaluationSample,
  Evaluator,
  LoadSamplesOptions,
  SampleAnswer,
  SplitMetrics,
  SplitSummary,
} from './lib/evaluation/evaluator.ts'
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
export type { RunTracker } from './lib/tracking/run-tracker.ts'
