import { readdir } from 'node:fs/promises'
import { extname } from 'node:path'
import { TRAINING_FILE } from '../find-dataset.ts'

/** In the directory of a transformed data set: the training file as it was before all transforms. */
export const UNTRANSFORMED_FILE = 'all_untransformed.jsonl'

/** The files that a transformed data set has from its parent as they are. */
export async function inheritedFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory)
  return names
    .filter((name) => extname(name) === '.jsonl' && name !== TRAINING_FILE && name !== UNTRANSFORMED_FILE)
    .toSorted()
}
