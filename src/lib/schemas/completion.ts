/** The chat that precedes a prompt. */
export interface Conversation {
  /** Instructions to the model. */
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
  /** Maximum number of new tokens in each completion. */
  maxTokens: number
  /** 0 means greedy decoding. */
  temperature: number
  /** Completions for each prompt; 1 by default. */
  samples?: number
  /** A completion ends before the first of these texts. */
  stop?: readonly string[]
  /** The same seed gives the same samples for a prompt, whatever else is in the request. */
  seed?: number
  /** Precedes each prompt; only for chat models. */
  conversation?: Conversation
  /** A folder in which a model may keep what it needs to continue later. */
  directory?: string
  signal?: AbortSignal
}

/** Schema of `AnsweredBy`. */
export const answeredBySchema = {
  type: 'object',
  properties: {
    model: { type: 'string' },
    system_fingerprint: { type: 'string' },
  },
} as const

/** Schema of `Ending`. */
export const endingSchema = {
  type: 'object',
  required: ['reason'],
  properties: {
    reason: { type: 'string' },
    reasoning: { type: 'string' },
    refusal: { type: 'string' },
    answered_by: { ...answeredBySchema, additionalProperties: false },
  },
} as const

/** How a server identifies the model that answered. */
export interface AnsweredBy {
  model?: string
  /** Changes whenever the weights, the serving program or its settings change. */
  system_fingerprint?: string
}

/** How a completion ended. */
export interface Ending {
  /** `stop`, `length`, `content_filter`, `refusal` or another word of the server; `unknown` if it gives none. */
  reason: string
  /** The model's reasoning before its answer. */
  reasoning?: string
  /** The text of its refusal, if it refused to answer. */
  refusal?: string
  /** How the server identifies the model that answered. */
  answered_by?: AnsweredBy
}

/** A model's answer, without the reasoning before it, and how it ended. */
export interface Completion {
  text: string
  ending: Ending
}

/** The completions of one prompt. */
export interface Generation {
  /** Position of the prompt in the request. */
  index: number
  /** One completion for each sample. */
  completions: string[]
  /** How each completion ended, if the model reports it. */
  endings?: Ending[]
}

/** A prompt and the targets whose probability after it is wanted. */
export interface ScoreRequest {
  prompt: string
  targets: readonly string[]
}

export interface TargetScore {
  /** Natural logarithm of the probability of all tokens of the target, given the prompt. */
  logprob: number
  /** Number of tokens in the target. */
  tokens: number
  /** Set if the server does not report how unlikely some tokens are: the true value is at most `logprob`. */
  clamped?: true
}

/** The scores of one request. */
export interface Scoring {
  /** Position of the request. */
  index: number
  /** One score for each target, in their order; empty if `unavailable`. */
  scores: TargetScore[]
  /** Why this request has no scores although the model can score: a sentence. */
  unavailable?: string
}
