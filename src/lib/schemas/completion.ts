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

/** An `AnsweredBy` in a record. */
export const answeredBySchema = {
  type: 'object',
  properties: {
    model: { type: 'string' },
    system_fingerprint: { type: 'string' },
  },
} as const

/** An `Ending` in a record. */
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

/** What a server says of the model that it answered with. */
export interface AnsweredBy {
  model?: string
  /** Changes with the weights, the program or its settings. */
  system_fingerprint?: string
}

/** How a completion ended. */
export interface Ending {
  /** `stop`, `length`, `content_filter`, `refusal` or what else a server calls it; `unknown` where it says nothing. */
  reason: string
  /** What the model thought before it answered. */
  reasoning?: string
  /** Its words, where it refused to answer. */
  refusal?: string
  /** What the server says that it answered with. */
  answered_by?: AnsweredBy
}

/** What a model answered, without what it thought before, and how that ended. */
export interface Completion {
  text: string
  ending: Ending
}

/** The completions of one prompt. */
export interface Generation {
  /** Position of the prompt in the request. */
  index: number
  /** One text for each sample. */
  completions: string[]
  /** How each of them ended, where the model tells. */
  endings?: Ending[]
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
  /** Some tokens are less likely than the model's server tells: the true number is at most `logprob`. */
  clamped?: true
}

/** The scores of one request. */
export interface Scoring {
  /** Position of the request. */
  index: number
  /** One score for each target, in order; none where they are `unavailable`. */
  scores: TargetScore[]
  /** Why this request has no scores although the model can score: a sentence. */
  unavailable?: string
}
