export const OBJECTIVES = ['next-token', 'masked-uniform', 'both-directions'] as const
/** What a model that is trained from scratch learns to predict (docs/objectives.md). */
export type Objective = (typeof OBJECTIVES)[number]

export const DEFAULT_OBJECTIVE: Objective = 'next-token'

/**
 * Tokens that a model reads but never writes. Their IDs follow the vocabulary, so that texts encode as without them,
 * and they get no probability.
 */
const SPECIAL_TOKENS: Readonly<Record<Objective, number>> = {
  'next-token': 0,
  'masked-uniform': 1,
  'both-directions': 2,
}

interface Vocabulary {
  /** Tokens that are predicted (V). */
  vocabulary: number
  objective?: Objective | undefined
}

/** Number of tokens with an embedding: the vocabulary and the special tokens. */
export function embeddedTokens({ vocabulary, objective = DEFAULT_OBJECTIVE }: Vocabulary): number {
  return vocabulary + SPECIAL_TOKENS[objective]
}

/** True if positions attend to later ones as well as earlier ones. */
export function looksBothWays({ objective }: { objective?: Objective | undefined }): boolean {
  return objective === 'masked-uniform'
}

/** Replaces a token that must be predicted. */
export function maskToken({ vocabulary }: Vocabulary): number {
  return vocabulary
}

/** Begin a text that is read from its first token to its last, or from its last to its first. */
export function directionTokens({ vocabulary }: Vocabulary): { forward: number; backward: number } {
  return { forward: vocabulary, backward: vocabulary + 1 }
}
