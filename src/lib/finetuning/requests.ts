import { basename, resolve } from 'node:path'
import { findDataset } from '../datasets/find-dataset.ts'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import type { FineTuneRequest } from './provider.ts'

/** What a user asks to be trained. */
export interface FineTuneOptions {
  cwd: string
  model: string
  datasetName?: string | undefined
  trainingFile?: string | undefined
  validationFile?: string | undefined
  hyperparameters: FineTuneRequest['hyperparameters']
  /** Runs to make, with consecutive seeds. */
  finetunes: number
  suffix?: string | undefined
  tags?: readonly string[]
}

/** One request for each run, in the order of their seeds. Throws InputError where a file is not there. */
export async function fineTuneRequests(options: FineTuneOptions): Promise<FineTuneRequest[]> {
  const { model, hyperparameters, finetunes, suffix, tags = [] } = options
  if (suffix !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(suffix)) {
    throw new InputError(
      `The suffix ${suffix} does not fit: 1 to 40 letters, digits, - and _ are allowed, a letter or digit first.`,
      { code: 'BAD_SUFFIX' },
    )
  }
  const dataset = await chooseFiles(options)
  return Array.from({ length: finetunes }, (_, index) => ({
    model: model.replace(/^local\//, ''),
    dataset,
    hyperparameters: { ...hyperparameters, seed: hyperparameters.seed + index },
    ...(suffix !== undefined && { suffix }),
    tags,
  }))
}

async function chooseFiles({
  cwd,
  datasetName,
  trainingFile,
  validationFile,
}: FineTuneOptions): Promise<FineTuneRequest['dataset']> {
  const found = datasetName === undefined ? undefined : await findDataset({ name: datasetName, cwd })
  const training = trainingFile === undefined ? found?.trainingFile : await existingFile(cwd, trainingFile)
  const validation =
    validationFile === undefined ? found?.validationFile : await existingFile(cwd, validationFile)
  if (training === undefined) {
    throw new InputError('Nothing to train on: say --dataset-name NAME or --training-file FILE.', {
      code: 'NO_TRAINING_FILE',
      suggestions: ['make a data set: reversal dataset:reverse --dataset-name first'],
    })
  }
  return {
    name: found?.name ?? basename(training),
    ...(found && { directory: found.directory }),
    trainingFile: training,
    ...(validation !== undefined && { validationFile: validation }),
  }
}

async function existingFile(cwd: string, path: string): Promise<string> {
  const file = resolve(cwd, path)
  if (!(await exists(file))) throw new InputError(`There is no file ${path}.`, { code: 'FILE_NOT_FOUND' })
  return file
}
