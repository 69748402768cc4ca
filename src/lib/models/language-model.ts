import type { GenerateOptions, Generation, ScoreRequest, Scoring } from '../schemas/completion.ts'
import type { EvaluationSummary } from '../schemas/evaluation.ts'

export type {
  AnsweredBy,
  Completion,
  Conversation,
  Ending,
  Exchange,
  GenerateOptions,
  Generation,
  ScoreRequest,
  Scoring,
  TargetScore,
} from '../schemas/completion.ts'

/** Whether a model can do something and, if not, why: a sentence for the reader. */
export type Availability = { available: true } | { available: false; reason: string }

/** The recorded address of a hosted model, and how it is asked. */
export type HostedAddress = NonNullable<EvaluationSummary['address']>

/**
 * A model that completes prompts and, where its server allows, scores given targets. Results come as
 * they are ready, in any order, each index once; a failure rejects the iteration, and what came before
 * it stays good. A model that answers another time leaves an index out, and gives it at a later call.
 */
export interface LanguageModel {
  /** Identifies the model and everything that decides its answers, such as `local/ada:RUN_ID`. */
  readonly id: string
  /** True when an answer costs money or leaves this machine. */
  readonly hosted: boolean
  /** Of a hosted model: what `id` stands for. No key is in it. */
  readonly address?: HostedAddress
  /** True when prompts are answered as in a conversation, after `conversation`; else they are continued. */
  readonly conversational?: boolean
  generate(prompts: readonly string[], options: GenerateOptions): AsyncIterable<Generation>
  /** Log-probabilities of targets. Never invented: throws where `scoring()` says not available. */
  score(requests: readonly ScoreRequest[], options?: { signal?: AbortSignal }): AsyncIterable<Scoring>
  /** Whether `score` works; may ask the server once. */
  scoring(options?: { signal?: AbortSignal | undefined }): Promise<Availability>
  /** The same model, asked for one text at a time with nothing beside it, where that can be told apart. */
  readonly alone?: Pick<LanguageModel, 'generate' | 'score'>
  /** Prompts that it works on at a time, each for itself; where it is not given, it takes them in batches. */
  readonly atOnce?: number
  close(): Promise<void>
}
