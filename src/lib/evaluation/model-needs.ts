import type { Conversation, GenerateOptions, LanguageModel } from '../models/language-model.ts'
import { InputError } from '../support/errors.ts'
import type { Evaluator } from './evaluator.ts'

/** What an evaluator needs of a model; where nothing is said, one greedy completion and scores where they are to be had. */
export interface ModelNeeds {
  /** False: prompts are not completed, and targets scored alone. */
  readonly completions?: boolean
  /** Of the `scoreTargets`: `required`, `optional` (which it is where nothing is said), or `none`. */
  readonly scores?: 'required' | 'optional' | 'none'
  /** Completions of each prompt; 1 where it is not given. */
  readonly samples?: number
  /** 0, which is greedy, where it is not given. */
  readonly temperature?: number
  /** What ends the completion of a model that continues text. */
  readonly stop?: readonly string[]
  /** Draws the samples of a model of this machine. */
  readonly seed?: number
  /** What is said before the question to a model that answers in a conversation. */
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
    // With a seed, a server would have to be asked for one sample at a time, and the prompt paid for each
    // time.
    ...(seed !== undefined && !hosted && { seed }),
    ...(stop !== undefined && !conversational && { stop }),
    ...(conversation !== undefined && conversational && { conversation }),
  }
}

export type ScoringPlan = { canScore: boolean; reason?: string }

/** Whether targets are scored, and why not where that is wanted. Throws InputError SCORES_REQUIRED. */
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
