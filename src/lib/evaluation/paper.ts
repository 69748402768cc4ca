import type { Direction } from './directions.ts'

/** The numbers of arXiv 2309.12288 (version 4), for comparison. Shares are from 0 to 1. */

/** Table 1: GPT-3 175B; mean and standard deviation over held-out prompts and seeds. */
export const PAPER_TABLE_1: Readonly<
  Record<Direction, { same: number; sameSd: number; reverse: number; reverseSd: number }>
> = {
  NameToDescription: { same: 0.5, sameSd: 0.021, reverse: 0, reverseSd: 0 },
  DescriptionToName: { same: 0.967, sameSd: 0.012, reverse: 0.001, reverseSd: 0.001 },
}

export const PAPER_MODEL = 'GPT-3 175B'

/** Table 5: GPT-3 175B with the fact in its prompt, asked in reverse. */
export const PAPER_TABLE_5: Readonly<Record<Direction, number>> = {
  NameToDescription: 1,
  DescriptionToName: 1,
}

export interface PaperTable3Row {
  model: string
  /** Mean log-probability of the correct name and of a random one, in nats. */
  correct: number
  random: number
  /** P-values of the paired t test and of the Kolmogorov–Smirnov test. */
  pT: number
  pKs: number
}

/** Table 3: three seeds of each size, 30 facts each. */
export const PAPER_TABLE_3: readonly PaperTable3Row[] = (
  [
    ['350M', -10.69, -10.54, 0.77, 0.96],
    ['350M', -10.71, -10.28, 0.47, 0.81],
    ['350M', -11.12, -10.15, 0.15, 0.24],
    ['1.3B', -10.31, -9.32, 0.11, 0.39],
    ['1.3B', -9.93, -9.65, 0.62, 0.39],
    ['1.3B', -11.43, -10.98, 0.43, 0.24],
    ['6.7B', -10.41, -9.61, 0.24, 0.14],
    ['6.7B', -10.56, -10.0, 0.32, 0.59],
    ['6.7B', -10.2, -9.26, 0.07, 0.14],
    ['175B', -10.47, -10.28, 0.81, 0.59],
    ['175B', -19.49, -18.79, 0.66, 0.81],
    ['175B', -10.87, -11.15, 0.62, 0.81],
  ] as const
).map(([size, correct, random, pT, pKs]) => ({ model: `GPT-3 ${size}`, correct, random, pT, pKs }))

export const PAPER_TABLE_3_FACTS = 30

/** Figure 7: GPT-3 350M after 10 epochs. */
export const PAPER_FIGURE_7 = {
  model: 'GPT-3 350M',
  learningRateMultipliers: [0.05, 0.1, 0.2, 0.4],
  batchSizes: [1, 2, 4, 8, 16],
  epochs: 10,
  /** A row for each multiplier, a column for each batch size. */
  same: [
    [0.49, 0.773, 0.702, 0.645, 0.648],
    [0.745, 0.628, 0.57, 0.72, 0.678],
    [0.755, 0.765, 0.738, 0.71, 0.78],
    [0.722, 0.712, 0.735, 0.745, 0.718],
  ],
  reverse: [
    [0, 0, 0, 0, 0],
    [0.003, 0, 0, 0, 0],
    [0, 0.003, 0, 0.002, 0.002],
    [0, 0, 0, 0, 0],
  ],
} as const

/** Experiment 3: accuracy on held-out instructions; means of five seeds, read off the bars of the paper's figure. */
export const PAPER_EXPERIMENT_3 = [
  { model: 'Llama-7b', same: 0.87, reverse: 0.05 },
  { model: 'Llama-13b', same: 0.86, reverse: 0.05 },
  { model: 'Llama-30b', same: 0.88, reverse: 0.05 },
] as const

/**
 * Figure 5, from the published result files: shares of sampled answers, and of probability for Llama-7b; for GPT-4, which
 * found the pairs itself, the shares of celebrities and of pairs that the paper gives.
 */
export const PAPER_FIGURE_5 = [
  { model: 'GPT-4', parent: 0.79, child: 0.33 },
  { model: 'gpt-3.5-turbo', parent: 0.3484, child: 0.1191 },
  { model: 'Llama-7b', parent: 0.0804, child: 0.0087 },
] as const
