import type { AloneCheck } from '../models/check-alone.ts'
import { checkAlone } from '../models/check-alone.ts'
import type { GenerateOptions, LanguageModel, TargetScore } from '../models/language-model.ts'
import { sha256 } from '../support/files.ts'

/** A model's answer to a prompt. */
export interface AskedAnswer {
  prompt: string
  completions: readonly string[]
  /** The texts that the scores are of. */
  targets: readonly string[]
  scores: readonly TargetScore[] | null
}

/**
 * This share of all answers is repeated, with a minimum: if one in five is wrong, 16 answers reveal it with 97 %
 * probability.
 */
const SHARE = 0.01
const LEAST = { completions: 4, scores: 16 }

/**
 * Repeats a sample of a model's answers, one at a time, before anything is concluded from them. Throws ReversalError
 * NUMBERS_DIFFER if they differ. Undefined for a model that does not support this.
 */
export async function checkAnswers({
  model,
  answers,
  options,
  signal,
}: {
  model: LanguageModel
  answers: readonly AskedAnswer[]
  /** How the prompts were completed. */
  options: Omit<GenerateOptions, 'signal'>
  signal?: AbortSignal | undefined
}): Promise<AloneCheck | undefined> {
  if (model.alone === undefined) return undefined
  const completed = new Map(
    answers.filter(({ completions }) => completions.length > 0).map((answer) => [answer.prompt, answer]),
  )
  const scored = answers.flatMap(({ prompt, targets, scores }) =>
    scores !== null && scores.length > 0 && scores.length === targets.length
      ? [{ prompt, targets, scores }]
      : [],
  )
  return await checkAlone({
    model,
    completed: draw([...completed.values()], LEAST.completions),
    scored: draw(scored, LEAST.scores),
    options,
    suggestions: ['ask all prompts again: --no-resume'],
    signal,
  })
}

/** The same answers for the same journal, so that a failed check fails again. */
function draw<T extends { prompt: string }>(answers: readonly T[], least: number): T[] {
  const size = Math.max(least, Math.ceil(answers.length * SHARE))
  return answers
    .map((answer) => ({ answer, key: sha256(answer.prompt) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .slice(0, size)
    .map(({ answer }) => answer)
}
