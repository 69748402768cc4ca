import type { GenerateOptions, Generation, ScoreRequest, Scoring } from '../schemas/completion.ts'

export type {
  Conversation,
  Exchange,
  GenerateOptions,
  Generation,
  ScoreRequest,
  Scoring,
  TargetScore,
} from '../schemas/completion.ts'

/** Whether a model can do something and, where it cannot, why: a sentence for the reader. */
export type Availability = { available: true } | { available: false; reason: string }

/**
 * A model that completes prompts and, where its server allows, scores given targets. Results come as
 * they are ready, in any order, each index once; a failure rejects the iteration, and what came before
 * it stays good. A model that answers another time leaves an index out, and gives it at a later call.
 */
export interface LanguageModel {
  /** Names the model and all that decides its answers, such as `local/ada:RUN_ID`. */
  readonly id: string
  /** True when an answer costs money or leaves this machine. */
  readonly hosted: boolean
  /** True when prompts are answered as in a conversation, after `conversation`; else they are continued. */
  readonly conversational?: boolean
  generate(prompts: readonly string[], options: GenerateOptions): AsyncIterable<Generation>
  /** Log-probabilities of targets. Never invented: throws where `scoring()` says not available. */
  score(requests: readonly ScoreRequest[], options?: { signal?: AbortSignal }): AsyncIterable<Scoring>
  /** Whether `score` works; may ask the server once. */
  scoring(options?: { signal?: AbortSignal | undefined }): Promise<Availability>
  close(): Promise<void>
}
