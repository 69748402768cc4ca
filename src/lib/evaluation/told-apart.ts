import { isOneOf, readToldFacts, toldSplit } from '../datasets/transforms/told-facts.ts'
import type { ScoredSample } from '../schemas/evaluation.ts'
import type { EvaluationSample, Evaluator, SplitSummary } from './evaluator.ts'

/** Marks a sample whose fact a transform told in both orders on purpose. */
const TOLD = 'told_in_both_orders'

/** In the name of each split that asks for facts in the order in which they are not trained. */
const REVERSE = /(?:^|_)reverse(?:_|$)/

/**
 * Samples in reverse about facts that a transform told in both orders, in separate splits: they measure what
 * was trained, not generalization. All others stay as they are.
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

/** A sample in the split of those whose facts were told in both orders. */
export function asTold(sample: EvaluationSample): EvaluationSample {
  return { ...sample, split: toldSplit(sample.split), metadata: { ...sample.metadata, [TOLD]: true } }
}

const isTold = ({ metadata }: ScoredSample) => metadata?.[TOLD] === true

/** Those that show whether a model generalizes: all but those whose facts were told in both orders. */
export function untold(samples: readonly ScoredSample[]): ScoredSample[] {
  return samples.filter((sample) => !isTold(sample))
}

/** An evaluator's summaries, and after them its summaries of what was told in both orders, under names of their own. */
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
