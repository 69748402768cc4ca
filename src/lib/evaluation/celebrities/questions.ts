import type { ParentChildPair } from '../../datasets/celebrities/pairs.ts'
import type { FamilyDirection, PromptOptions } from '../../datasets/celebrities/prompts.ts'
import { celebrityPrompt, FAMILY_DIRECTIONS } from '../../datasets/celebrities/prompts.ts'
import { PythonRandom } from '../../support/python-random.ts'
import type { CelebrityQuestion } from './ask-questions.ts'

/** Draws so many pairs by seed, in their order in the file; all if there are no more. */
export function drawPairs<T>(pairs: readonly T[], limit: number | undefined, seed: number): T[] {
  if (limit === undefined || limit >= pairs.length) return [...pairs]
  const drawn = new PythonRandom(seed).sample([...pairs.keys()], limit)
  return drawn.toSorted((a, b) => a - b).map((index) => pairs[index]!)
}

/** The questions of a test, two for each pair. */
export function testQuestions({
  pairs,
  prompts,
}: {
  pairs: readonly ParentChildPair[]
  prompts: PromptOptions
}): (CelebrityQuestion & { pair: ParentChildPair })[] {
  return pairs.flatMap((pair, index) =>
    FAMILY_DIRECTIONS.map((direction) => ({
      id: questionId(index, direction),
      direction,
      prompt: celebrityPrompt(pair, direction, prompts),
      target: pair[direction],
      pair,
    })),
  )
}

export function questionId(index: number, direction: FamilyDirection): string {
  return `${index}/${direction}`
}
