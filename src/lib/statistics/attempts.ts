export interface AttemptMeasures {
  /** The chance that at least one of k attempts is right; 0 or 1 where k is all of them. */
  anyOf: number
  /** The share of attempts that are right. */
  meanOf: number
}

/**
 * Any-of-k and mean-of-n of several answers to one prompt. For k below the number of attempts any-of-k is the mean over
 * all choices of k of them (pass@k; Chen et al., arXiv 2107.03374).
 */
export function measureAttempts({
  right,
  attempts,
  k = attempts,
}: {
  /** How many of the attempts are right. */
  right: number
  attempts: number
  k?: number
}): AttemptMeasures {
  if (![right, attempts, k].every(Number.isInteger) || right < 0 || right > attempts || k < 1 || k > attempts)
    throw new RangeError(`any of ${k}, with ${right} of ${attempts} attempts right, is no measure`)
  let noneOf = 1
  for (let i = 0; i < k; i++) noneOf *= Math.max(0, attempts - right - i) / (attempts - i)
  return { anyOf: 1 - noneOf, meanOf: right / attempts }
}
