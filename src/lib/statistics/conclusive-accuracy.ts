import { requireFraction } from './samples.ts'

/**
 * The lowest accuracy in the direction of training that allows a conclusion about the reverse. If the model knew the
 * reverse as well, it would get all of n independent facts wrong with probability (1 - accuracy)^n. Below this
 * accuracy, even that most extreme outcome is not evidence: its probability is `significance` or more. For 30 facts it
 * is 9.5 %, three times what guessing one of 30 names would give.
 */
export function leastConclusiveAccuracy({
  facts,
  significance = 0.05,
}: {
  facts: number
  significance?: number
}): number {
  if (!Number.isInteger(facts) || facts < 0) throw new RangeError(`${facts} is no number of facts`)
  requireFraction(significance, 'significance')
  return facts === 0 ? 1 : 1 - significance ** (1 / facts)
}
