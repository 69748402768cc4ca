import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import type { MetricDescriptions } from '../schemas/metric.ts'
import { describeMetric, withoutAnswers } from '../schemas/metric.ts'
import { formatCount, plural } from '../support/numbers.ts'
import { DIRECTION_SPLITS, DIRECTIONS } from './directions.ts'
import type { Contrast, Evaluator, SplitSummary } from './evaluator.ts'
import { areMostlyMissing, countNoAnswers, describeNoAnswers, kindsOf, totalNoAnswers } from './no-answers.ts'
import { summarizeApart, untold } from './told-apart.ts'

type Split = EvaluationSummary['splits'][number]

/** Splits whose number of facts decides what is learned; the reversal gap has it only if the reverse was measured. */
const JUDGED: ReadonlySet<string> = new Set(DIRECTIONS.map((direction) => DIRECTION_SPLITS[direction].same))

/**
 * The metrics of each split and the contrasts between splits, with the number of prompts without an answer. A split in
 * which most prompts have none is not measured: its accuracy would cover only the answers that happened to arrive.
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
  const compared = new Set(contrasts?.map(({ first }) => first))
  return {
    splits: splits.map((own) => {
      if (!JUDGED.has(own.split) || compared.has(own.split)) return own
      const facts = factsOf(bySplit.get(own.split) ?? [])
      return facts === undefined || facts === own.samples ? own : { ...own, facts }
    }),
    ...(contrasts && { contrasts }),
    ...(descriptions && { descriptions: describeUsed(descriptions, splits, samples) }),
  }
}

/** The descriptions of those measures and metrics that this evaluation has. */
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
  return { ...told, metrics: withoutAnswers(summary.metrics, descriptions), not_measured: reason }
}

/** The number of facts that a split's samples are about; undefined if a sample names none. */
function factsOf(samples: readonly ScoredSample[]): number | undefined {
  const facts = new Set(samples.map(({ metadata }) => metadata?.fact))
  return facts.size === 0 || facts.has(undefined) ? undefined : facts.size
}

/** Why some targets have no score although the model can score others; undefined if none is missing. */
export function explainUnscored(samples: readonly ScoredSample[]): string | undefined {
  const reasons = samples.flatMap(({ unscored }) => unscored ?? [])
  return reasons.length === 0
    ? undefined
    : `${formatCount(reasons.length)} of ${plural(samples.length, 'prompt')}: ${reasons[0]}`
}
