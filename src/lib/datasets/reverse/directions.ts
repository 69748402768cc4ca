/** How the facts of experiment 1 were trained: name first, or description first. */
export const DIRECTIONS = ['NameToDescription', 'DescriptionToName'] as const
export type Direction = (typeof DIRECTIONS)[number]

/**
 * True for splits whose targets are deliberately incorrect, for comparing likelihoods: giving these answers is not a
 * success.
 */
export function isRandomized(split: string): boolean {
  return /_randomized(?:_told)?$/.test(split)
}

/** Whether a prompt uses the order in which the fact was trained, or the other one. */
export type AskedOrder = 'same' | 'reverse'

/** The split behind each cell of the paper's Table 1. */
export const DIRECTION_SPLITS: Readonly<Record<Direction, Readonly<Record<AskedOrder, string>>>> = {
  NameToDescription: { same: 'p2d_prompts_test', reverse: 'p2d_reverse_prompts_test' },
  DescriptionToName: { same: 'd2p_prompts_test', reverse: 'd2p_reverse_prompts_test' },
}
