import type { Conversation, GenerateOptions, LanguageModel } from '../models/language-model.ts'
import { InputError } from '../support/errors.ts'
import type { Evaluator } from './evaluator.ts'

/** What an evaluator needs from a model; by default one greedy completion, and scores if available. */
export interface ModelNeeds {
  /** False if prompts are not completed and only targets are scored. */
  readonly completions?: boolean
  /** Scores of the `scoreTargets`: `required`, `optional` (the default), or `none`. */
  readonly scores?: 'required' | 'optional' | 'none'
  /** Completions of each prompt; 1 by default. */
  readonly samples?: number
  /** 0, which means greedy decoding, by default. */
  readonly temperature?: number
  /** Stop texts for models that continue text. */
  readonly stop?: readonly string[]
  /** Draws the samples of a model of this machine. */
  readonly seed?: number
  /** The chat before the question, for chat models. */
  readonly conversation?: Conversation
}

/** How a model completes the prompts of an evaluator. */
export function generateOptions(
  { hosted, conversational = false }: LanguageModel,
  { needs = {}, maxTokens }: { needs?: ModelNeeds | undefined; maxTokens: number },
): Omit<GenerateOptions, 'signal' | 'directory'> {
  const { samples, temperature = 0, stop, seed, conversation } = needs
  return {
    ...{ maxTokens, temperature },
    ...(samples !== undefined && { samples }),
    // With a seed, each sample of a hosted model would need a separate request, which pays for the prompt again.
    ...(seed !== undefined && !hosted && { seed }),
    ...(stop !== undefined && !conversational && { stop }),
    ...(conversation !== undefined && conversational && { conversation }),
  }
}

export type ScoringPlan = { canScore: boolean; reason?: string }

/** Whether targets are scored and, if they should be but cannot, why. Throws InputError SCORES_REQUIRED. */
export async function planScoring(
  model: LanguageModel,
  { name, needs = {} }: Evaluator,
  signal?: AbortSignal,
): Promise<ScoringPlan> {
  if (needs.scores === 'none') return { canScore: false }
  const scoring = await model.scoring({ signal })
  if (scoring.available) return { canScore: true }
  const { reason } = scoring
  if (needs.scores !== 'required') return { canScore: false, reason }
  throw new InputError(
    `The evaluator ${name} needs log-probabilities, but ${model.id} gives none: ${reason}`,
    {
      code: 'SCORES_REQUIRED',
      suggestions: ['evaluate a model that gives them, such as a local or GGUF model'],
    },
  )
}
