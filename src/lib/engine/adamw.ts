/** AdamW (arXiv 1711.05101). A second beta of 0.98 forgets faster than the usual 0.999, as short trainings need. */
export const BETA_1 = 0.9
export const BETA_2 = 0.98
const EPSILON = 1e-8
const WEIGHT_DECAY = 0.01

/** A weight in training, and what AdamW remembers of it. */
export interface AdamWState {
  weight: Float32Array
  /** Decaying sums of the gradient and of its square, β·s + g: the running means times 1 / (1 − β). */
  sum: Float32Array
  squareSum: Float32Array
}

export interface AdamWArrays extends AdamWState {
  gradient: Float32Array
}

export interface AdamWStep {
  /** From 1. */
  t: number
  learningRate: number
}

/** Coefficients of the update in a step. */
export interface AdamWCoefficients {
  /** Factor on the weight: 1 minus its decay. All weights decay except the gains of the norms. */
  keep: number
  rate: number
  epsilon: number
}

/** The factors of the means and of the bias corrections are folded into the rate and epsilon. */
export function adamWCoefficients(
  { t, learningRate }: AdamWStep,
  { decayed }: { decayed: boolean },
): AdamWCoefficients {
  const first = (1 - BETA_1) / (1 - BETA_1 ** t)
  const second = Math.sqrt((1 - BETA_2) / (1 - BETA_2 ** t))
  return {
    keep: decayed ? 1 - learningRate * WEIGHT_DECAY : 1,
    rate: (learningRate * first) / second,
    epsilon: EPSILON / second,
  }
}

/**
 * Takes a step in place: the definition, in doubles, of what `compileAdamW` (adamw-kernel.ts) computes to the same
 * bits. One pass over each array: as a dozen operations of the graph, each with its own arrays, the update took longer
 * than the rest of a step.
 */
export function updatePlainly(
  { weight, sum, squareSum, gradient }: AdamWArrays,
  { keep, rate, epsilon }: AdamWCoefficients,
): void {
  for (let i = 0; i < weight.length; i++) {
    const g = gradient[i]!
    const s = BETA_1 * sum[i]! + g
    const q = BETA_2 * squareSum[i]! + g * g
    sum[i] = s
    squareSum[i] = q
    weight[i] = keep * weight[i]! - (rate * s) / (Math.sqrt(q) + epsilon)
  }
}
