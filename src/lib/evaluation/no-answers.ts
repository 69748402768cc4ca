import type { Ending } from '../models/language-model.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import { startsWith } from './measures.ts'

/**
 * Completions that show nothing about what a model knows. `empty`: no text; `cut_off`: ended by the token limit before
 * there was an answer; `filtered`: withheld by the server's filter; `refused`: by the model itself.
 */
export const NO_ANSWERS = ['empty', 'cut_off', 'filtered', 'refused'] as const
export type NoAnswer = (typeof NO_ANSWERS)[number]
export type NoAnswerCounts = Record<NoAnswer, number>

export interface EndedCompletion {
  completion: string
  /** Absent if the model does not report it. */
  ending?: Ending | undefined
  target: string
}

/**
 * Why a completion is not an answer; undefined if it is one. Models that only continue text mostly end at the token
 * limit, so that alone means nothing: the limit cut an answer off only if there is no text yet, or no more than the
 * start of the target.
 */
export function noAnswerOf({ completion, ending, target }: EndedCompletion): NoAnswer | undefined {
  const text = completion.trim()
  switch (ending?.reason) {
    case 'content_filter':
      return 'filtered'
    case 'refusal':
      return 'refused'
    case 'length':
      return isPart(text, target.trim()) ? 'cut_off' : undefined
    default:
      return text === '' ? 'empty' : undefined
  }
}

function isPart(text: string, target: string): boolean {
  return text === '' || (text.length < target.length && startsWith(target, text))
}

/** The number of each kind. */
export function countNoAnswers(kinds: Iterable<NoAnswer | undefined>): NoAnswerCounts {
  const counts: NoAnswerCounts = { empty: 0, cut_off: 0, filtered: 0, refused: 0 }
  for (const kind of kinds) if (kind !== undefined) counts[kind]++
  return counts
}

export function totalNoAnswers(counts: NoAnswerCounts): number {
  return NO_ANSWERS.reduce((sum, kind) => sum + counts[kind], 0)
}

/** Such as `2 empty, 1 cut off`. */
export function describeNoAnswers(counts: NoAnswerCounts): string {
  return NO_ANSWERS.filter((kind) => counts[kind] > 0)
    .map((kind) => `${counts[kind]} ${kind.replace('_', ' ')}`)
    .join(', ')
}

/** If more answers are missing than this, the remaining ones are an arbitrary selection. */
const MOST_MISSING = 0.5

/** Whether so many answers are missing that the rest measures nothing. */
export function areMostlyMissing(counts: NoAnswerCounts, answers: number): boolean {
  return totalNoAnswers(counts) > MOST_MISSING * answers
}

/** Why completions of journaled samples are not answers. */
export function kindsOf(samples: readonly ScoredSample[]): (NoAnswer | undefined)[] {
  return samples.map(({ no_answer }) => no_answer)
}
