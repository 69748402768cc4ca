import { isDeepStrictEqual } from 'node:util'
import type { Ending } from '../models/language-model.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import type { EvaluationSample, Evaluator } from './evaluator.ts'
import { scoreAnswer } from './score-answer.ts'

/**
 * A model's earlier answers, in other evaluations, to exactly the same questions. Useful if only the judging
 * of answers has changed.
 */
export class EarlierAnswers {
  readonly #byQuestion: ReadonlyMap<string, ScoredSample>

  constructor(samples: readonly ScoredSample[]) {
    this.#byQuestion = new Map(samples.map((sample) => [questionOf(sample), sample]))
  }

  /** The sample as it is journaled, with the evaluator's current measures of the answer; undefined if there is none. */
  async find(
    sample: EvaluationSample,
    { evaluator, signal }: { evaluator: Evaluator; signal: AbortSignal },
  ): Promise<ScoredSample | undefined> {
    const known = this.#byQuestion.get(questionOf(sample))
    if (known === undefined || !fits(known, { sample, evaluator })) return undefined
    const { completions, scores, unscored, endings } = known
    return scoreAnswer({
      ...{ evaluator, sample, signal },
      answered:
        evaluator.needs?.completions === false
          ? undefined
          : { completions, ...(endings && { endings: endings as Ending[] }) },
      ...(sample.scoreTargets.length > 0 && {
        scoring: { scores: scores ?? [], ...(unscored !== undefined && { unavailable: unscored }) },
      }),
    })
  }
}

function questionOf({ prompt, target }: Pick<ScoredSample, 'prompt' | 'target'>): string {
  return JSON.stringify([prompt, target])
}

/** Whether an answer is complete: the number of completions, and the scores of the same targets. */
function fits(
  { completions, scores, scoreTargets, target }: ScoredSample,
  { sample, evaluator: { needs = {} } }: { sample: EvaluationSample; evaluator: Evaluator },
): boolean {
  const completes = needs.completions === false || completions.length === (needs.samples ?? 1)
  // Earlier versions did not record the scored text: the target after a space.
  const targets = scoreTargets ?? [` ${target}`]
  const isScored =
    sample.scoreTargets.length === 0 ||
    (scores !== null && isDeepStrictEqual(targets, [...sample.scoreTargets]))
  return completes && isScored
}
