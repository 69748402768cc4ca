import type { Generation, Scoring } from '../models/language-model.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import type { EvaluationSample, Evaluator, SampleAnswer } from './evaluator.ts'
import { areMostlyMissing, countNoAnswers, noAnswerOf } from './no-answers.ts'

/** The completions of a prompt, and how they ended if the model reports it. */
export type Answered = Pick<Generation, 'completions' | 'endings'>

export interface ScoreAnswerOptions {
  evaluator: Pick<Evaluator, 'needs' | 'scoreSample'>
  sample: EvaluationSample
  /** Undefined if the evaluator needs no completions. */
  answered: Answered | undefined
  /** Undefined if no targets are scored. */
  scoring?: Omit<Scoring, 'index'> | undefined
  signal?: AbortSignal | undefined
}

/** A model's answer to a sample with its evaluator's measures, as it is journaled. */
export async function scoreAnswer({
  evaluator,
  sample,
  answered,
  scoring,
  signal,
}: ScoreAnswerOptions): Promise<ScoredSample> {
  const { id, split, prompt, target, scoreTargets, metadata } = sample
  const { completions, endings } = answered ?? { completions: [] }
  const { noAnswer, noAnswers } = judgeMissing(answered, target)
  const unscored = scoring?.unavailable
  const scores = scoring === undefined || unscored !== undefined ? null : scoring.scores
  return {
    id,
    split,
    prompt,
    target,
    scoreTargets: [...scoreTargets],
    completions: [...completions],
    ...(endings && { endings }),
    ...(noAnswer && { no_answer: noAnswer }),
    scores,
    ...(unscored !== undefined && { unscored }),
    measures: await evaluator.scoreSample(
      sample,
      { completions, scores, noAnswer, ...(noAnswers && { noAnswers }) },
      { signal },
    ),
    ...(metadata && { metadata }),
  }
}

/**
 * Whether a prompt got no answer, and of several completions what each lacks. Where none were asked for, none is missing.
 */
export function judgeMissing(
  answered: Answered | undefined,
  target: string,
): Pick<SampleAnswer, 'noAnswer' | 'noAnswers'> {
  if (answered === undefined) return { noAnswer: undefined }
  const { completions, endings } = answered
  if (completions.length === 0) return { noAnswer: 'empty' }
  const noAnswers = completions.map((completion, index) =>
    noAnswerOf({ completion, ending: endings?.[index], target }),
  )
  const missing = areMostlyMissing(countNoAnswers(noAnswers), noAnswers.length)
  return {
    noAnswer: missing ? noAnswers.find((kind) => kind !== undefined) : undefined,
    ...(noAnswers.length > 1 && { noAnswers }),
  }
}
