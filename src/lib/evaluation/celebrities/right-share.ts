import type { CelebrityResults, Measure } from '../../datasets/celebrities/celebrity-results.ts'
import type { NameMatcher } from '../../datasets/celebrities/names.ts'
import type { ScoredSample } from '../../schemas/evaluation.ts'
import type { NoAnswer } from '../no-answers.ts'
import { areMostlyMissing, countNoAnswers, noAnswerOf } from '../no-answers.ts'

/** Separates the answers to a question from completions that are not answers. */
export function sortAnswers({ target, completions, endings }: ScoredSample): {
  answers: string[]
  kinds: (NoAnswer | undefined)[]
} {
  const kinds = completions.map((completion, index) =>
    noAnswerOf({ completion, ending: endings?.[index] as never, target }),
  )
  return { answers: completions.filter((_, index) => kinds[index] === undefined), kinds }
}

/** The share of answers with the right name; null if most samples have no answer. */
export function shareOfRight(
  { answers, kinds }: { answers: readonly string[]; kinds: readonly (NoAnswer | undefined)[] },
  target: string,
  matches: NameMatcher,
): number | null {
  if (answers.length === 0 || areMostlyMissing(countNoAnswers(kinds), kinds.length)) return null
  return answers.filter((answer) => matches(answer, target)).length / answers.length
}

/** How many samples have no answer, or why questions have no score; undefined if nothing is missing. */
export function countMissing(
  samples: readonly ScoredSample[],
  measure: Measure,
): Pick<CelebrityResults, 'noAnswers' | 'unscored' | 'clamped'> {
  if (measure === 'logprob') {
    const reasons = samples.flatMap(({ unscored }) => unscored ?? [])
    const clamped = samples.filter(({ scores }) => scores?.[0]?.clamped).length
    return {
      ...(reasons.length > 0 && { unscored: { questions: reasons.length, reason: reasons[0]! } }),
      ...(clamped > 0 && { clamped }),
    }
  }
  const noAnswers = countNoAnswers(samples.flatMap((sample) => sortAnswers(sample).kinds))
  const answers = samples.reduce((sum, { completions }) => sum + completions.length, 0)
  return Object.values(noAnswers).every((count) => count === 0)
    ? {}
    : { noAnswers: { ...noAnswers, answers } }
}
