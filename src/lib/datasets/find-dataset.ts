import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { InputError } from '../support/errors.ts'
import { directoryNames, exists, isDirectory, sweepTemporaries } from '../support/files.ts'
import { nearest } from '../support/nearest.ts'

/** In the working directory; holds a folder for each kind of data set, such as `reverse_experiments` or `qa`. */
export const DATA = 'data'

/** The training and validation file in a data set's directory. */
export const TRAINING_FILE = 'all.jsonl'
export const VALIDATION_FILE = 'unrealized_examples.jsonl'

/** A data set that a model can be trained on; all paths are absolute. */
export interface FoundDataset {
  name: string
  directory: string
  trainingFile: string
  validationFile?: string
}

/**
 * Finds a data set by its directory, or by its name in any folder of `data/`. `all.jsonl` is its training file;
 * `unrealized_examples.jsonl`, unless it is empty, its validation file. Throws InputError if there is none, or if two
 * have the name.
 */
export async function findDataset({ name, cwd }: { name: string; cwd: string }): Promise<FoundDataset> {
  const data = resolve(cwd, DATA)
  const folders = await subdirectories(data)
  for (const folder of [data, ...folders]) await sweepTemporaries(folder)
  const paths = [resolve(cwd, name), join(data, name)]
  const places = folders.map((folder) => join(folder, name))
  const [path] = await trainable(paths)
  const named = path === undefined ? await trainable(places) : []
  if (named.length > 1) {
    throw new InputError(`${name} can mean ${named.join(' or ')}: use the directory.`, {
      code: 'DATASET_AMBIGUOUS',
    })
  }
  const directory = path ?? named[0]
  if (directory !== undefined) return describe(directory)

  for (const incomplete of [...paths, ...places]) {
    if (!(await exists(incomplete))) continue
    throw new InputError(`${incomplete} is not a complete data set: ${TRAINING_FILE} is missing.`, {
      code: 'DATASET_INCOMPLETE',
    })
  }
  const known = await trainable((await Promise.all(folders.map(subdirectories))).flat())
  const [guess] = nearest(
    name,
    known.map((place) => basename(place)),
  )
  throw new InputError(
    `There is no data set ${name}: it is neither a directory nor a name in a folder of ${DATA}/.`,
    {
      code: 'DATASET_NOT_FOUND',
      suggestions:
        guess === undefined
          ? ['make one: reversal dataset:reverse or reversal instructions:create']
          : [`did you mean ${guess}?`],
    },
  )
}

/**
 * The directory of a data set by its path or name. A path may be any directory, as plugins may have data sets that are
 * not for training. Throws InputError if there is none.
 */
export async function findDirectory({ name, cwd }: { name: string; cwd: string }): Promise<string> {
  const path = resolve(cwd, name)
  return (await isDirectory(path)) ? path : (await findDataset({ name, cwd })).directory
}

/** Throws InputError DATASET_NOT_FOUND if there is no directory, rather than an error about its kind. */
export async function requireDirectory(directory: string): Promise<void> {
  if (await isDirectory(directory)) return
  throw new InputError(`There is no data set in ${directory}: the folder does not exist.`, {
    code: 'DATASET_NOT_FOUND',
    suggestions: ['use another data set: --dataset-name NAME', 'or make it again: reversal dataset:reverse'],
  })
}

/** All data sets in the folders of `data/` that a model can be trained on. */
export async function listDatasets({ cwd }: { cwd: string }): Promise<FoundDataset[]> {
  const folders = await subdirectories(resolve(cwd, DATA))
  const directories = (await Promise.all(folders.map(subdirectories))).flat()
  return Promise.all((await trainable(directories)).map(describe))
}

async function describe(directory: string): Promise<FoundDataset> {
  const validationFile = join(directory, VALIDATION_FILE)
  return {
    name: basename(directory),
    directory,
    trainingFile: trainingFile(directory),
    ...((await hasContent(validationFile)) && { validationFile }),
  }
}

/** Without unrealized pairs the file exists but is empty. */
async function hasContent(path: string): Promise<boolean> {
  return (await exists(path)) && (await stat(path)).size > 0
}

function trainingFile(directory: string): string {
  return join(directory, TRAINING_FILE)
}

/** Those of the directories that hold a data set. */
async function trainable(directories: readonly string[]): Promise<string[]> {
  const present = await Promise.all(directories.map((directory) => exists(trainingFile(directory))))
  return directories.filter((_, index) => present[index])
}

async function subdirectories(path: string): Promise<string[]> {
  const names = await directoryNames(path).catch(() => [])
  return names.filter((name) => !name.startsWith('.')).map((name) => join(path, name))
}
