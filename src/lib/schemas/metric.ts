import type { FromSchema } from 'json-schema-to-ts'

/** Describes a measure or metric, so that it can be shown without knowing its evaluator. */
export const metricDescriptionSchema = {
  type: 'object',
  required: ['unit'],
  properties: {
    /** `share`: from 0 to 1, shown in percent. `nats`: a log-probability. `rank`: from 1. `number`: anything else. */
    unit: { type: 'string', enum: ['share', 'nats', 'rank', 'number'] },
    better: { type: 'string', enum: ['higher', 'lower'] },
    /** Heading of its column. */
    label: { type: 'string', minLength: 1 },
    /** Heading of the table that shows it with others of its group; the main table if absent. */
    group: { type: 'string', minLength: 1 },
    /**
     * `answers`: it judges completions, so it says nothing if most are missing. `scores`: it uses log-probabilities.
     */
    from: { type: 'string', enum: ['answers', 'scores'] },
    /**
     * Set if it does not measure how many held-out prompts are completed right, so that it never counts as a run's best
     * accuracy.
     */
    apart: { type: 'boolean', const: true },
  },
  additionalProperties: false,
} as const

export type MetricDescription = FromSchema<typeof metricDescriptionSchema>
/** By the name of the measure or metric. */
export type MetricDescriptions = Readonly<Record<string, MetricDescription>>

/** A description with its label filled in. */
export type DescribedMetric = MetricDescription & { label: string }

/** The description of a measure or metric: its evaluator's, or else one derived from its name. */
export function describeMetric(name: string, described: MetricDescriptions = {}): DescribedMetric {
  const own = Object.hasOwn(described, name) ? described[name]! : undescribed(name)
  return { ...own, label: own.label ?? labelOf(name) }
}

/** The values by name, null for those that come from answers: of a split that is not measured, these mean nothing. */
export function withoutAnswers(
  values: Readonly<Record<string, number | null>>,
  descriptions?: MetricDescriptions,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      return [name, describeMetric(name, descriptions).from === 'answers' ? null : value]
    }),
  )
}

/** Whether it is a share of right answers, so that a higher one is better. */
export function isAccuracy({ unit, better, from }: MetricDescription): boolean {
  return unit === 'share' && better === 'higher' && from === 'answers'
}

/** Rank of the right answer among all candidates; this group had a separate table before metrics were described. */
export const RANKING_GROUP = 'The right name among all names'

const RANKS: Readonly<Record<string, MetricDescription>> = {
  rank: { unit: 'rank', better: 'lower' },
  mean_rank: { unit: 'rank', better: 'lower' },
  reciprocal_rank: { unit: 'number', better: 'higher' },
  mean_reciprocal_rank: { unit: 'number', better: 'higher' },
  win_rate: { unit: 'number', better: 'higher' },
  peer_win_rate: { unit: 'number', better: 'higher' },
}

/**
 * The rule for undescribed metrics, as in summaries of earlier versions: names that end in `accuracy` or `_match` are
 * shares of right answers, names with `logprob` are log-probabilities, ranks and win rates are called that, and all
 * others are numbers.
 */
function undescribed(name: string): MetricDescription {
  if (/(accuracy|_match)$/.test(name)) return { unit: 'share', better: 'higher', from: 'answers' }
  if (name.includes('logprob')) return { unit: 'nats', better: 'higher', from: 'scores' }
  const rank = Object.hasOwn(RANKS, name) ? RANKS[name] : undefined
  return rank === undefined ? { unit: 'number' } : { ...rank, group: RANKING_GROUP, from: 'scores' }
}

/** A name as a heading, without "accuracy", which the unit shows, and without "mean". */
function labelOf(name: string): string {
  return name
    .replace(/_accuracy$/, '')
    .replace(/^mean_/, '')
    .replaceAll('_', ' ')
}
