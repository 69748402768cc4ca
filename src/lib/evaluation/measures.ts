import type { ScoredSample } from '../schemas/evaluation.ts'
import type { MetricDescription, MetricDescriptions } from '../schemas/metric.ts'
import { mean } from '../statistics/samples.ts'
import { foldCase } from '../support/fold-case.ts'
import type { SampleAnswer, SplitMetrics, SplitSummary } from './evaluator.ts'

/**
 * Whether a completion starts with the target, ignoring letter case and outer space, as in the original. Both are
 * compared in Unicode's normal form C, so that composed and combining accents are the same.
 */
export function startsWith(completion: string, target: string): boolean {
  return comparable(completion).startsWith(comparable(target))
}

/** A text as `startsWith` compares it. */
export function comparable(text: string): string {
  return foldCase(text.trim())
}

/** Whether a completion equals the target, ignoring outer space; both in Unicode's normal form C. */
export function equals(completion: string, target: string): boolean {
  return completion.trim().normalize('NFC') === target.trim().normalize('NFC')
}

/**
 * Prefix match, strict equality, and the log-probability of the first scored target. A completion that is not an answer
 * is neither right nor wrong; a log-probability that is lower than the server reports is unknown.
 */
export function answerMeasures(target: string, { completions, scores, noAnswer }: SampleAnswer) {
  const [completion = ''] = completions
  const [first] = scores ?? []
  const score = first?.clamped ? undefined : first
  return {
    prefix_match: matchOf(noAnswer, startsWith(completion, target)),
    exact_match: matchOf(noAnswer, equals(completion, target)),
    logprob: score?.logprob ?? null,
    logprob_per_token: score === undefined ? null : score.logprob / Math.max(1, score.tokens),
  }
}

/** 1 if an answer is right, 0 if it is wrong, null if there is no answer. */
export function matchOf(noAnswer: SampleAnswer['noAnswer'], right: boolean): number | null {
  return noAnswer === undefined ? Number(right) : null
}

/** Means of the measures of `answerMeasures`. */
export function answerMetrics(samples: readonly ScoredSample[]) {
  return {
    prefix_accuracy: meanMeasure(samples, 'prefix_match'),
    exact_accuracy: meanMeasure(samples, 'exact_match'),
    mean_logprob: meanMeasure(samples, 'logprob'),
    mean_logprob_per_token: meanMeasure(samples, 'logprob_per_token'),
  } satisfies SplitMetrics
}

const SHARE: MetricDescription = { unit: 'share', better: 'higher', from: 'answers' }
const LOGPROB: MetricDescription = { unit: 'nats', better: 'higher', from: 'scores' }

/** Descriptions of the measures of `answerMeasures` and their means. */
export const ANSWER_DESCRIPTIONS: MetricDescriptions = {
  prefix_match: { ...SHARE, label: 'prefix match' },
  exact_match: { ...SHARE, label: 'exact match' },
  logprob: { ...LOGPROB, label: 'logprob' },
  logprob_per_token: { ...LOGPROB, label: 'logprob per token' },
  prefix_accuracy: { ...SHARE, label: 'prefix' },
  exact_accuracy: { ...SHARE, label: 'exact' },
  mean_logprob: { ...LOGPROB, label: 'logprob' },
  mean_logprob_per_token: { ...LOGPROB, label: 'logprob per token' },
}

/** Mean of a measure over the samples that have it; null if none has. */
export function meanMeasure(samples: readonly ScoredSample[], measure: string): number | null {
  return meanOfMeasured(samples.map(({ measures }) => measures[measure]))
}

/** Mean of the numbers among the values; null if there is none. */
export function meanOfMeasured(values: readonly (number | null | undefined)[]): number | null {
  const numbers = values.filter((value) => typeof value === 'number')
  return numbers.length === 0 ? null : mean(numbers)
}

/** The metrics of each split that has samples, in the order of `splits`. */
export function summarizeSplits(
  splits: readonly string[],
  samples: readonly ScoredSample[],
  metricsOf: (samples: readonly ScoredSample[]) => SplitMetrics,
): SplitSummary[] {
  const bySplit = Map.groupBy(samples, ({ split }) => split)
  return splits.flatMap((split) => {
    const own = bySplit.get(split)
    return own === undefined ? [] : [{ split, samples: own.length, metrics: metricsOf(own) }]
  })
}
