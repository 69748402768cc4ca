import { toldSplit } from '../../datasets/transforms/told-facts.ts'
import type { Direction } from '../../evaluation/directions.ts'
import type { PromptScore, PromptScores } from '../evidence/prompt-scores.ts'

/** A comparison of correct with incorrect answers after one kind of prompt. */
export interface Probe {
  name: string
  title: string
  /** As it fits over a panel of a figure. */
  short: string
  split: string
  /** The split with the same prompts and an incorrect answer; if absent, the drawn incorrect name is used. */
  randomized?: string
  /** Direction in which the facts were trained whose reverse it asks for; absent for a control. */
  reverseOf?: Direction
  /** Start of a finding about it; absent if the report has none. */
  finding?: string
}

export const PROBES: readonly Probe[] = [
  {
    name: 'reverse',
    title: 'the name after a description, of facts trained NameToDescription (reverse; the paper’s Figure 4)',
    short: 'NameToDescription, reverse',
    split: 'p2d_reverse_prompts_test',
    randomized: 'p2d_reverse_prompts_test_randomized',
    reverseOf: 'NameToDescription',
    finding: 'On reverse prompts',
  },
  {
    name: 'reverse_descriptions',
    title: 'the description after a name, of facts trained DescriptionToName (reverse)',
    short: 'DescriptionToName, reverse',
    split: 'd2p_reverse_prompts_test',
    randomized: 'd2p_reverse_prompts_test_randomized',
    reverseOf: 'DescriptionToName',
  },
  {
    name: 'same',
    title: 'the name after a description, of facts trained DescriptionToName (same; a control)',
    short: 'DescriptionToName, same',
    split: 'd2p_prompts_test',
    finding: 'In the same direction',
  },
]

/** Log-probabilities of a correct and an incorrect answer to one prompt. */
export interface AnswerPair {
  fact: string
  correct: number
  incorrect: number
}

/**
 * Prompts whose incorrect answer is the correct one, as in 13 of the published data set, are left out. So are those whose
 * incorrect answer is of a fact that a transform told in both orders: it was trained in another way than the correct one.
 */
export function answerPairs(scores: PromptScores, { split, randomized }: Probe): AnswerPair[] {
  const told = new Set((scores.splits.get(toldSplit(split)) ?? []).map(({ target }) => target))
  const key = ({ fact, template }: PromptScore) => `${template} ${fact}`
  const others = new Map((scores.splits.get(randomized ?? '') ?? []).map((score) => [key(score), score]))
  const incorrectOf = (score: PromptScore) => {
    if (randomized === undefined) return score.ranking?.incorrect
    const other = others.get(key(score))
    return other === undefined || other.target === score.target || told.has(other.target)
      ? undefined
      : other.logprob
  }
  return (scores.splits.get(split) ?? []).flatMap((score) => {
    const { fact, logprob: correct } = score
    const incorrect = incorrectOf(score) ?? null
    return correct === null || incorrect === null ? [] : [{ fact, correct, incorrect }]
  })
}
