import { isOneOf, readToldFacts, toldSplit } from '../datasets/transforms/told-facts.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import type { EvaluationSample, Evaluator, SplitSummary } from './evaluator.ts'

/** Marks a sample whose fact a transform deliberately stated in both orders. */
const TOLD = 'told_in_both_orders'

/** Matches the names of splits that ask for facts in the order in which they were not trained. */
const REVERSE = /(?:^|_)reverse(?:_|$)/

/**
 * Moves reverse samples about facts that a transform stated in both orders into separate splits: they measure what was
 * trained, not generalization. All others stay unchanged.
 */
export async function keepToldApart(
  samples: readonly EvaluationSample[],
  datasetDirectory: string,
): Promise<EvaluationSample[]> {
  const facts = await readToldFacts(datasetDirectory)
  if (facts.length === 0) return [...samples]
  const isToldFact = isOneOf(facts)
  return samples.map((sample) => {
    const fact = sample.metadata?.fact
    return REVERSE.test(sample.split) && typeof fact === 'string' && isToldFact(fact)
      ? asTold(sample)
      : sample
  })
}

/** Moves a sample into the split for facts stated in both orders. */
export function asTold(sample: EvaluationSample): EvaluationSample {
  return { ...sample, split: toldSplit(sample.split), metadata: { ...sample.metadata, [TOLD]: true } }
}

const isTold = ({ metadata }: ScoredSample) => metadata?.[TOLD] === true

/** The samples that show whether a model generalizes: all but those whose facts were stated in both orders. */
export function untold(samples: readonly ScoredSample[]): ScoredSample[] {
  return samples.filter((sample) => !isTold(sample))
}

/** An evaluator's summaries, followed by its summaries of facts stated in both orders, under separate names. */
export function summarizeApart(evaluator: Evaluator, samples: readonly ScoredSample[]): SplitSummary[] {
  const told = samples.filter(isTold)
  if (told.length === 0) return evaluator.summarize(samples)
  const suffix = toldSplit('').length
  const asAsked = told.map((sample) => ({ ...sample, split: sample.split.slice(0, -suffix) }))
  return [
    ...evaluator.summarize(untold(samples)),
    ...evaluator.summarize(asAsked).map((own) => ({ ...own, split: toldSplit(own.split) })),
  ]
}
