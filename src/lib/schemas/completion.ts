/** What was said before a prompt. */
export interface Conversation {
  /** How the model is to answer. */
  system?: string
  /** Earlier questions and their answers. */
  exchanges: readonly Exchange[]
}

export interface Exchange {
  question: string
  answer: string
}

/** How to complete prompts. */
export interface GenerateOptions {
  /** At most this many new tokens for each completion. */
  maxTokens: number
  /** 0 is greedy. */
  temperature: number
  /** Completions for each prompt; 1 where it is not given. */
  samples?: number
  /** A completion ends before the first of these. */
  stop?: readonly string[]
  /** The same seed draws the same samples for a prompt, whatever else is asked. */
  seed?: number
  /** Goes before each prompt; for models that answer in a conversation alone. */
  conversation?: Conversation
  /** A folder in which a model may write down what it needs to go on another time. */
  directory?: string
  signal?: AbortSignal
}

/** The completions of one prompt. */
export interface Generation {
  /** Position of the prompt in the request. */
  index: number
  /** One text for each sample. */
  completions: string[]
}

/** One prompt and the texts whose probability after it is asked. */
export interface ScoreRequest {
  prompt: string
  targets: readonly string[]
}

export interface TargetScore {
  /** Natural logarithm of the probability of all the target's tokens after the prompt. */
  logprob: number
  /** Number of tokens that the sum goes over. */
  tokens: number
}

/** The scores of one request. */
export interface Scoring {
  /** Position of the request. */
  index: number
  /** One score for each target, in order. */
  scores: TargetScore[]
}
