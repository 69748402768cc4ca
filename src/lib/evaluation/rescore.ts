import { isDeepStrictEqual } from 'node:util'
import type { Ending } from '../models/language-model.ts'
import { completionsWithoutThought } from '../models/without-thought.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import type { Evaluator } from './evaluator.ts'
import { judgeMissing } from './score-answer.ts'

/**
 * A journaled sample with the measures that its evaluator gives the same answer today, or the sample itself
 * if they are equal. Journals outlive the rules that scored them: once, names in another normal form matched
 * nothing.
 */
export function rescore(
  evaluator: Pick<Evaluator, 'canRescore' | 'needs' | 'scoreSample'>,
  sample: ScoredSample,
): ScoredSample {
  if (!evaluator.canRescore) return sample
  const { id, split, prompt, target, scoreTargets = [], metadata, scores } = sample
  const answered = {
    completions: sample.completions,
    ...(sample.endings && { endings: sample.endings as Ending[] }),
  }
  const { completions, endings } = completionsWithoutThought(answered)
  const { no_answer: before, measures: _measures, ...rest } = sample
  const completed =
    evaluator.needs?.completions === false ? undefined : { completions, ...(endings && { endings }) }
  const { noAnswer, noAnswers } = judgeMissing(completed, target)
  const asked = { id, split, prompt, target, scoreTargets, ...(metadata && { metadata }) }
  const answer = { completions, scores, noAnswer, ...(noAnswers && { noAnswers }) }
  const measures = evaluator.scoreSample(asked, answer, {})
  if (measures instanceof Promise) return sample
  const same = completions === sample.completions && before === noAnswer
  if (same && isDeepStrictEqual(measures, sample.measures)) return sample
  return {
    ...rest,
    completions,
    ...(endings && { endings }),
    ...(noAnswer && { no_answer: noAnswer }),
    measures,
  }
}
