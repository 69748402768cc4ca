import type { Defined } from './measurements.ts'

/**
 * P-values adjusted for multiple tests. `holm` bounds the probability of any false finding (Holm, Scandinavian Journal
 * of Statistics 6, 1979); `benjamini-hochberg` bounds the expected share of false findings (Journal of the Royal
 * Statistical Society B 57, 1995). An adjusted p is compared directly with the significance level; null stays null and
 * does not count as a test.
 */
export function adjustPValues({
  pValues,
  method,
}: {
  pValues: readonly Defined[]
  method: 'holm' | 'benjamini-hochberg'
}): Defined[] {
  const bad = pValues.find((p) => p !== null && !(p >= 0 && p <= 1))
  if (bad !== undefined) throw new RangeError(`${bad} is no p-value`)
  const ascending = pValues
    .flatMap((p, index) => (p === null ? [] : [{ p, index }]))
    .sort((a, b) => a.p - b.p)
  const count = ascending.length
  const adjusted: Defined[] = pValues.map(() => null)
  if (method === 'holm') {
    let largest = 0
    for (const [rank, { p, index }] of ascending.entries()) {
      largest = Math.min(1, Math.max(largest, p * (count - rank)))
      adjusted[index] = largest
    }
  } else {
    let smallest = 1
    for (const [rank, { p, index }] of [...ascending.entries()].reverse()) {
      smallest = Math.min(smallest, (p * count) / (rank + 1))
      adjusted[index] = smallest
    }
  }
  return adjusted
}
