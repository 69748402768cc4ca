import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import type { MetricDescriptions } from '../schemas/metric.ts'
import { describeMetric } from '../schemas/metric.ts'
import { formatCount, plural } from '../support/numbers.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from './directions.ts'
import type { Contrast, Evaluator, SplitSummary } from './evaluator.ts'
import { areMostlyMissing, countNoAnswers, describeNoAnswers, kindsOf, totalNoAnswers } from './no-answers.ts'

import { summarizeApart, untold } from './told-apart.ts'

type Split = EvaluationSummary['splits'][number]

/**
 * The metrics of each split and what the splits say together, with how many prompts got no answer. A split in
 * which most got none is not measured: its accuracy would cover only the answers that happened to arrive.
 */
export function sumUp(
  evaluator: Evaluator,
  samples: readonly ScoredSample[],
): Pick<EvaluationSummary, 'splits' | 'contrasts' | 'descriptions'> {
  const { descriptions } = evaluator
  const bySplit = Map.groupBy(samples, ({ split }) => split)
  const splits = summarizeApart(evaluator, samples).map((summary) =>
    tell(summary, bySplit.get(summary.split) ?? [], descriptions),
  )
  const unmeasured = new Set(splits.flatMap(({ split, not_measured }) => (not_measured ? [split] : [])))
  const holds = ({ measure, first, second }: Contrast) =>
    describeMetric(measure, descriptions).from === 'scores' ||
    !(unmeasured.has(first) || unmeasured.has(second))
  const contrasts = evaluator.contrast?.(untold(samples)).filter(holds)
  return {
    splits: splits.map((own) => ({ ...own, ...countFacts(own, contrasts, bySplit.get(own.split) ?? []) })),
    ...(contrasts && { contrasts }),
    ...(descriptions && { descriptions: describeUsed(descriptions, splits, samples) }),
  }
}

/** Of a direction of training none of whose facts is asked for in reverse. */
function countFacts(
  { split }: Split,
  contrasts: readonly Contrast[] | undefined,
  samples: readonly ScoredSample[],
): Pick<Split, 'facts'> {
  const isDirection = DIRECTIONS.some((direction) => DIRECTION_SPLITS[direction].same === split)
  if (!isDirection || contrasts?.some(({ first }) => first === split)) return {}
  const facts = samples.map(({ metadata }) => metadata?.fact)
  const count = new Set(facts).size
  return facts.every((fact) => typeof fact === 'string') && count < samples.length ? { facts: count } : {}
}

/** Of what an evaluator describes, what this evaluation has. */
function describeUsed(
  descriptions: MetricDescriptions,
  splits: readonly Split[],
  samples: readonly ScoredSample[],
): MetricDescriptions {
  const used = new Set(
    [...splits.map(({ metrics }) => metrics), ...samples.map(({ measures }) => measures)].flatMap(
      Object.keys,
    ),
  )
  return Object.fromEntries(Object.entries(descriptions).filter(([name]) => used.has(name)))
}

function tell(
  summary: SplitSummary,
  samples: readonly ScoredSample[],
  descriptions: MetricDescriptions | undefined,
): Split {
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
    ([name, value]) => [name, describeMetric(name, descriptions).from === 'answers' ? null : value] as const,
  )
  return { ...told, metrics: Object.fromEntries(metrics), not_measured: reason }
}

/** Why some targets have no score although the model can score others; undefined where none is so. */
export function explainUnscored(samples: readonly ScoredSample[]): string | undefined {
  const reasons = samples.flatMap(({ unscored }) => unscored ?? [])
  return reasons.length === 0
    ? undefined
    : `${formatCount(reasons.length)} of ${plural(samples.length, 'prompt')}: ${reasons[0]}`
}
