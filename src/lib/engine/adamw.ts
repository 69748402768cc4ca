import type { Graph, Tensor } from './graph.ts'

/** AdamW (arXiv 1711.05101). A second beta of 0.98 forgets faster than the usual 0.999, as short trainings need. */
const BETA_1 = 0.9
const BETA_2 = 0.98
const EPSILON = 1e-8
const WEIGHT_DECAY = 0.01

/** Scalars of one step that the graph takes as inputs. */
export const STEP_SCALARS = ['rate', 'epsilon', 'keep'] as const
export type StepScalars = Record<(typeof STEP_SCALARS)[number], number>

/**
 * What step t (from 1) needs. The graph keeps the running sums β·s + g, which are the running means times
 * 1 / (1 − β): fewer operations. These factors and the bias corrections are folded into the rate and epsilon.
 */
export function stepScalars(t: number, learningRate: number): StepScalars {
  const first = (1 - BETA_1) / (1 - BETA_1 ** t)
  const second = Math.sqrt((1 - BETA_2) / (1 - BETA_2 ** t))
  return {
    rate: (learningRate * first) / second,
    epsilon: EPSILON / second,
    keep: 1 - learningRate * WEIGHT_DECAY,
  }
}

export interface AdamWState {
  weight: Tensor
  /** Decaying sums of the gradient and of its square. */
  sum: Tensor
  squareSum: Tensor
}

/** The state after a step; weights that are not decayed are the gains of the norms. */
export function adamW(
  g: Graph,
  { weight, sum, squareSum }: AdamWState,
  gradient: Tensor,
  scalars: Record<keyof StepScalars, Tensor>,
  { decayed }: { decayed: boolean },
): AdamWState {
  const next = {
    sum: g.emit('Add', [g.emit('Mul', [sum, g.scalar(BETA_1)]), gradient]),
    squareSum: g.emit('Add', [
      g.emit('Mul', [squareSum, g.scalar(BETA_2)]),
      g.emit('Mul', [gradient, gradient]),
    ]),
  }
  const deviation = g.emit('Add', [g.emit('Sqrt', [next.squareSum]), scalars.epsilon])
  const change = g.emit('Mul', [g.emit('Div', [next.sum, deviation]), scalars.rate])
  const kept = decayed ? g.emit('Mul', [weight, scalars.keep]) : weight
  return { weight: g.emit('Sub', [kept, change]), ...next }
}
