import type { Generation, Scoring } from '../models/language-model.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import type { EvaluationSample, Evaluator } from './evaluator.ts'
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
  const noAnswers = completions.map((completion, index) =>
    noAnswerOf({ completion, ending: endings?.[index], target }),
  )
  const missing = areMostlyMissing(countNoAnswers(noAnswers), noAnswers.length)
  const none = answered !== undefined && noAnswers.length === 0 ? 'empty' : undefined
  const noAnswer = missing ? noAnswers.find((kind) => kind !== undefined) : none
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
      { completions, scores, noAnswer, ...(noAnswers.length > 1 && { noAnswers }) },
      { signal },
    ),
    ...(metadata && { metadata }),
  }
}
