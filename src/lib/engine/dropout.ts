import { PythonRandom } from '../support/python-random.ts'
import type { Objective } from './objectives.ts'
import type { TransformerConfig } from './sizes.ts'

/** Good for the data set of experiment 1. */
export const DEFAULT_DROPOUT = 0.5

/** The default rate: 0 for masked texts, as masking is noise enough. */
export function defaultDropout(objective: Objective): number {
  return objective === 'masked-uniform' ? 0 : DEFAULT_DROPOUT
}

/**
 * Whole channels of a text are dropped, not single positions (arXiv 1512.05287): held-out prompts then find what was
 * learned in other words (docs/decisions/0004-few-layers-and-dropout.md).
 */
export interface Dropout {
  /** Share of the channels that are dropped, below 1. */
  rate: number
  seed: number
}

/** Where a model drops: after the embedding, and what attention and gated layer add to the stream. */
export function dropoutSites({ layers }: Pick<TransformerConfig, 'layers'>): number {
  return 1 + 2 * layers
}

/**
 * The factors of step t [sites, B, 1, D]: 0 for a dropped channel, else 1 / (1 − rate). They depend only on seed and
 * step, so a training can resume at any step.
 */
export function dropoutFactors(
  config: TransformerConfig,
  { rate, seed }: Dropout,
  { rows, t }: { rows: number; t: number },
): Float32Array {
  const random = new PythonRandom((BigInt(seed) << 64n) + (1n << 63n) + BigInt(t))
  const kept = 1 / (1 - rate)
  const factors = new Float32Array(dropoutSites(config) * rows * config.width)
  // `Float32Array.from` calls a function for each: a third of the time.
  for (let i = 0; i < factors.length; i++) factors[i] = random.random() < rate ? 0 : kept
  return factors
}
