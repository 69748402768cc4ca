import { join } from 'node:path'
import { exists } from '../../support/files.ts'

/** Training files of experiment 1, and files whose prompts must not start any training sentence. */
export const TRAINING = ['p2d_prompts_train', 'd2p_prompts_train', 'both_prompts_train'] as const
export const HELD_OUT_FILES = [
  'p2d_prompts_test',
  'd2p_prompts_test',
  'both_prompts_test',
  'p2d_reverse_prompts_test',
  'd2p_reverse_prompts_test',
] as const

/** True for a directory that has some file of experiment 1. */
export async function isReverseDataset(directory: string): Promise<boolean> {
  const telling = [...TRAINING, ...HELD_OUT_FILES].map((name) => exists(join(directory, `${name}.jsonl`)))
  return (await Promise.all(telling)).includes(true)
}
