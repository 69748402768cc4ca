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

/** Whether a model can do something and, if not, why: a sentence for the user. */
export type Availability = { available: true } | { available: false; reason: string }

/** The recorded address of a hosted model, and how it is prompted. */
export type HostedAddress = NonNullable<EvaluationSummary['address']>

/**
 * A model that completes prompts and, if its server allows it, scores given targets. Results are yielded as they are
 * ready, in any order, each index once. A failure rejects the iteration; earlier results stay valid. A model that
 * answers later, in batches, leaves an index out and yields it in a later call.
 */
export interface LanguageModel {
  /** Identifies the model and everything that decides its answers, such as `local/ada:RUN_ID`. */
  readonly id: string
  /** True when an answer costs money or leaves this machine. */
  readonly hosted: boolean
  /** For a hosted model: what `id` stands for. It holds no key. */
  readonly address?: HostedAddress
  /** True if prompts are answered in a chat, after `conversation`; otherwise they are continued. */
  readonly conversational?: boolean
  generate(prompts: readonly string[], options: GenerateOptions): AsyncIterable<Generation>
  /** Log-probabilities of targets. Never invented: throws if `scoring()` says that they are not available. */
  score(requests: readonly ScoreRequest[], options?: { signal?: AbortSignal }): AsyncIterable<Scoring>
  /** Whether `score` works; may send one request to the server. */
  scoring(options?: { signal?: AbortSignal | undefined }): Promise<Availability>
  /** The same model, processing one text at a time instead of a batch, if that can make a difference. */
  readonly alone?: Pick<LanguageModel, 'generate' | 'score'>
  /**
   * Number of prompts that it processes at the same time, each separately; undefined if it processes them in batches.
   */
  readonly atOnce?: number
  close(): Promise<void>
}
