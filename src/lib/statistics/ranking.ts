import { requireFinite } from './samples.ts'

export interface Ranking {
  /** From 1, the best, to the number of candidates; equal scores share their mean rank. */
  rank: number
  /** 1 / rank; its mean over prompts is the mean reciprocal rank (MRR). */
  reciprocalRank: number
  /** The share of incorrect candidates that the correct one beats, a tie counting half; null if there are none. */
  winRate: number | null
}

/** The rank of the correct candidate among all, by scores of which higher is better, such as log-probabilities. */
export function rankCorrect({
  correct,
  incorrect,
}: {
  correct: number
  /** The scores of the other candidates. */
  incorrect: readonly number[]
}): Ranking {
  requireFinite([correct], 'correct')
  requireFinite(incorrect, 'incorrect')
  let lost = 0
  for (const score of incorrect) {
    if (score > correct) lost++
    else if (score === correct) lost += 0.5
  }
  const rank = 1 + lost
  const winRate = incorrect.length === 0 ? null : (incorrect.length - lost) / incorrect.length
  return { rank, reciprocalRank: 1 / rank, winRate }
}
