import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import { formatCount, plural } from '../support/numbers.ts'
import type { Contrast, Evaluator, SplitSummary } from './evaluator.ts'
import { areMostlyMissing, countNoAnswers, describeNoAnswers, kindsOf, totalNoAnswers } from './no-answers.ts'

type Split = EvaluationSummary['splits'][number]

/**
 * The metrics of each split and what the splits say together, with how many prompts got no answer. A split in which
 * most got none is not measured: its accuracy would be that of the answers that happened to come.
 */
export function sumUp(
  evaluator: Evaluator,
  samples: readonly ScoredSample[],
): Pick<EvaluationSummary, 'splits' | 'contrasts'> {
  const bySplit = Map.groupBy(samples, ({ split }) => split)
  const splits = evaluator
    .summarize(samples)
    .map((summary) => tell(summary, bySplit.get(summary.split) ?? []))
  const unmeasured = new Set(splits.flatMap(({ split, not_measured }) => (not_measured ? [split] : [])))
  const holds = ({ measure, first, second }: Contrast) =>
    isLikelihood(measure) || !(unmeasured.has(first) || unmeasured.has(second))
  const contrasts = evaluator.contrast?.(samples).filter(holds)
  return { splits, ...(contrasts && { contrasts }) }
}

function tell(summary: SplitSummary, samples: readonly ScoredSample[]): Split {
  const counts = countNoAnswers(kindsOf(samples))
  const clamped = samples.filter(({ scores }) => scores?.[0]?.clamped).length
  const tells = totalNoAnswers(counts) > 0 || samples.some(({ endings }) => endings !== undefined)
  const told = {
    ...summary,
    ...(tells && { no_answers: counts }),
    ...(clamped > 0 && { clamped_scores: clamped }),
  }
  if (!areMostlyMissing(counts, samples.length)) return told
  const reason = `no answer to ${formatCount(totalNoAnswers(counts))} of ${plural(samples.length, 'prompt')} (${describeNoAnswers(counts)})`
  const metrics = Object.entries(summary.metrics).map(
    ([name, value]) => [name, name.endsWith('accuracy') ? null : value] as const,
  )
  return { ...told, metrics: Object.fromEntries(metrics), not_measured: reason }
}

function isLikelihood(measure: string): boolean {
  return measure.includes('logprob')
}

/** Why some targets have no score although the model can score others; undefined where none is so. */
export function explainUnscored(samples: readonly ScoredSample[]): string | undefined {
  const reasons = samples.flatMap(({ unscored }) => unscored ?? [])
  return reasons.length === 0
    ? undefined
    : `${formatCount(reasons.length)} of ${plural(samples.length, 'prompt')}: ${reasons[0]}`
}
