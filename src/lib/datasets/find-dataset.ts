import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import { nearest } from '../support/nearest.ts'

/** Where the commands that write data sets put them, in the working directory. */
export const DATASET_FOLDERS = ['data/reverse_experiments', 'data/instructions', 'data/qa']

/** A data set that a model can be trained on; all paths are absolute. */
export interface FoundDataset {
  name: string
  directory: string
  trainingFile: string
  validationFile?: string
}

/** Find a data set by its name or directory. Its files: `all.jsonl` trains, `unrealized_examples.jsonl` validates. */
export async function findDataset({ name, cwd }: { name: string; cwd: string }): Promise<FoundDataset> {
  const candidates = [resolve(cwd, name), ...DATASET_FOLDERS.map((folder) => resolve(cwd, folder, name))]
  for (const directory of candidates) {
    const trainingFile = join(directory, 'all.jsonl')
    if (!(await exists(trainingFile))) continue
    const validationFile = join(directory, 'unrealized_examples.jsonl')
    const validation = (await exists(validationFile)) ? { validationFile } : {}
    return { name: basename(directory), directory, trainingFile, ...validation }
  }
  const found = candidates[(await Promise.all(candidates.map(exists))).indexOf(true)]
  if (found !== undefined) {
    throw new InputError(`${found} holds no data set to train on: all.jsonl is missing.`, {
      code: 'DATASET_INCOMPLETE',
    })
  }
  const known = await datasetNames(cwd)
  const [guess] = nearest(name, known)
  throw new InputError(
    `There is no data set ${name}, neither as a directory nor in ${DATASET_FOLDERS.join(', ')}.`,
    {
      code: 'DATASET_NOT_FOUND',
      suggestions: guess === undefined ? ['make one: reversal dataset:reverse'] : [`--dataset-name ${guess}`],
    },
  )
}

async function datasetNames(cwd: string): Promise<string[]> {
  const names = await Promise.all(
    DATASET_FOLDERS.map((folder) => readdir(resolve(cwd, folder)).catch(() => [] as string[])),
  )
  return names.flat()
}
