import { readdir } from 'node:fs/promises'
import { extname } from 'node:path'
import { TRAINING_FILE } from '../find-dataset.ts'
import type { AppliedTransform } from './apply-transforms.ts'
import { TOLD_FILE } from './told-facts.ts'

/** File in a transformed data set: the training file as it was before all transforms. */
export const UNTRANSFORMED_FILE = 'all_untransformed.jsonl'

/** Files that are written for each data set. */
const OWN: readonly string[] = [TRAINING_FILE, UNTRANSFORMED_FILE, TOLD_FILE]

const KEPT = /^[a-z][\w-]*-[0-9a-f]{12}\.txt$/

/** The files that a transformed data set takes from its parent unchanged. */
export async function inheritedFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory)
  return names.filter((name) => extname(name) === '.jsonl' && !OWN.includes(name)).toSorted()
}

/** The copies of users' files that transforms were applied with. */
export function keptFiles(applied: readonly AppliedTransform[]): string[] {
  const values = applied.flatMap(({ options }) => Object.values(options))
  return [...new Set(values.flatMap((value) => (KEPT.test(String(value)) ? [String(value)] : [])))]
}
