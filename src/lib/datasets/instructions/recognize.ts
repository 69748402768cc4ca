import { join } from 'node:path'
import { exists } from '../../support/files.ts'

/** True for a directory that has a file which only data sets of experiment 3 have. */
export async function isInstructionDataset(directory: string): Promise<boolean> {
  const telling = ['guidances.jsonl', 'realized_examples.jsonl']
  return (await Promise.all(telling.map((file) => exists(join(directory, file))))).includes(true)
}
