/** AdamW (arXiv 1711.05101). A second beta of 0.98 forgets faster than the usual 0.999, as short trainings need. */
const BETA_1 = 0.9
const BETA_2 = 0.98
const EPSILON = 1e-8
const WEIGHT_DECAY = 0.01

/** A weight in training, and what AdamW remembers of it. */
export interface AdamWState {
  weight: Float32Array
  /** Decaying sums of the gradient and of its square, β·s + g: the running means times 1 / (1 − β). */
  sum: Float32Array
  squareSum: Float32Array
}

export interface AdamWStep {
  /** From 1. */
  t: number
  learningRate: number
  /** All weights are but the gains of the norms. */
  decayed: boolean
}

/**
 * Take step t in place. One pass over each array: as a dozen operations of the graph, each with arrays of its own,
 * the update took longer than the rest of a step.
 */
export function updateAdamW(
  { weight, sum, squareSum }: AdamWState,
  gradient: Float32Array,
  { t, learningRate, decayed }: AdamWStep,
): void {
  // The factors of the means and of the bias corrections are folded into the rate and epsilon.
  const first = (1 - BETA_1) / (1 - BETA_1 ** t)
  const second = Math.sqrt((1 - BETA_2) / (1 - BETA_2 ** t))
  const rate = (learningRate * first) / second
  const epsilon = EPSILON / second
  const keep = decayed ? 1 - learningRate * WEIGHT_DECAY : 1
  for (let i = 0; i < weight.length; i++) {
    const g = gradient[i]!
    const s = BETA_1 * sum[i]! + g
    const q = BETA_2 * squareSum[i]! + g * g
    sum[i] = s
    squareSum[i] = q
    weight[i] = keep * weight[i]! - (rate * s) / (Math.sqrt(q) + epsilon)
  }
}
