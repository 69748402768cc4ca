import { schemaCheck } from '../schemas/compile.ts'
import type { EvaluationSummary, ScoredSample } from '../schemas/evaluation.ts'
import { scoredSampleSchema } from '../schemas/evaluation.ts'
import { InputError } from '../support/errors.ts'
import { readJsonlBatches } from '../support/jsonl.ts'
import { formatCount } from '../support/numbers.ts'

const check = schemaCheck(scoredSampleSchema)

/** Measures whose means over a split the summaries of our own evaluators have. */
const MEANS = { prefix_match: 'prefix_accuracy', logprob: 'mean_logprob' } as const

/** Means in another order of their values differ by rounding. */
const ROUNDING = 1e-9

interface Mean {
  sum: number
  count: number
}

/**
 * The samples of a complete evaluation, as a stream. At its end throws InputError JOURNAL_CHANGED if they are not those that
 * the summary sums up: lines that were lost, added or edited would otherwise make numbers that no model earned.
 */
export async function* readCompleteJournal(
  journal: string,
  summary: EvaluationSummary,
): AsyncGenerator<ScoredSample[]> {
  const counts = new Map<string, number>()
  const means = new Map<string, Mean>()
  for await (const batch of readJsonlBatches<ScoredSample>(journal, {
    check,
    allowEmpty: true,
    journal: true,
  })) {
    for (const { split, measures } of batch) {
      counts.set(split, (counts.get(split) ?? 0) + 1)
      for (const measure of Object.keys(MEANS)) {
        const value = measures[measure]
        if (typeof value !== 'number') continue
        const { sum, count } = means.get(`${split} ${measure}`) ?? { sum: 0, count: 0 }
        means.set(`${split} ${measure}`, { sum: sum + value, count: count + 1 })
      }
    }
    yield batch
  }
  for (const { split, samples, metrics } of summary.splits) {
    const found = counts.get(split) ?? 0
    if (found !== samples) {
      throw journalChanged(
        `${journal} holds ${formatCount(found)} answers of ${split}, but its summary counts ${formatCount(samples)}.`,
      )
    }
    if (!isOwn(summary)) continue
    for (const [measure, metric] of Object.entries(MEANS)) {
      const told = metrics[metric]
      const mean = means.get(`${split} ${measure}`)
      if (typeof told !== 'number' || (mean !== undefined && agree(mean.sum / mean.count, told))) continue
      throw journalChanged(`${journal} does not have the ${metric} of ${split} that its summary tells.`)
    }
  }
}

/** Metrics of a plugin may be called the same and be anything. */
function isOwn({ evaluator: { plugin = 'reversal' } }: EvaluationSummary): boolean {
  return plugin === 'reversal'
}

function agree(mean: number, told: number): boolean {
  return Math.abs(mean - told) <= ROUNDING * Math.max(1, Math.abs(told))
}

function journalChanged(message: string): InputError {
  return new InputError(message, {
    code: 'JOURNAL_CHANGED',
    suggestions: [
      'the same eval:run command brings both up to date',
      'or ask all prompts again: eval:run … --no-resume',
    ],
  })
}
