/** Learning rate at multiplier 1; the paper's multiplier of 0.2 then gives 0.003, a good rate for the local sizes. */
export const BASE_RATE = 0.015
const WARM_UP_STEPS = 50

/** The learning rate of a step (from 1): a linear warm-up, then half a cosine down to zero. */
export function learningRate(step: number, { steps, peak }: { steps: number; peak: number }): number {
  const warmUp = Math.min(WARM_UP_STEPS, Math.ceil(steps / 10))
  if (step <= warmUp) return (peak * step) / warmUp
  const progress = (step - warmUp) / (steps - warmUp)
  return (peak * (1 + Math.cos(Math.PI * progress))) / 2
}
