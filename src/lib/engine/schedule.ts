import type { Objective } from './objectives.ts'
import { DEFAULT_OBJECTIVE } from './objectives.ts'

/** With the paper's multiplier of 0.2 this gives 0.003, a good rate for the local sizes. */
const BASE_RATE = 0.015
/**
 * Share of the full rate for models that fill masks: at this rate they learn pairs of words in both orders that they
 * learn in only one at the full rate.
 */
const MASKED_SHARE = 0.35

/** The learning rate at multiplier 1. */
export function baseRate(objective: Objective = DEFAULT_OBJECTIVE): number {
  return objective === 'masked-uniform' ? MASKED_SHARE * BASE_RATE : BASE_RATE
}

const WARM_UP_STEPS = 50

/** The learning rate of a step (from 1): a linear warm-up, then half a cosine down to zero. */
export function learningRate(step: number, { steps, peak }: { steps: number; peak: number }): number {
  const warmUp = Math.min(WARM_UP_STEPS, Math.ceil(steps / 10))
  if (step <= warmUp) return (peak * step) / warmUp
  const progress = (step - warmUp) / (steps - warmUp)
  return (peak * (1 + Math.cos(Math.PI * progress))) / 2
}
