import { basename, resolve } from 'node:path'
import { findDataset } from '../datasets/find-dataset.ts'
import { checkHeldOut } from '../datasets/held-out.ts'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import type { ChosenEpochs } from './epochs.ts'
import { chooseEpochs, DEFAULT_EPOCHS } from './epochs.ts'
import { readTexts } from './local/texts.ts'
import type { FineTuneRequest } from './provider.ts'

/** What a user asks to be trained. */
export interface FineTuneOptions {
  cwd: string
  model: string
  datasetName?: string | undefined
  trainingFile?: string | undefined
  validationFile?: string | undefined
  /** Epochs follow from the training file where they are not given. */
  hyperparameters: Omit<FineTuneRequest['hyperparameters'], 'nEpochs'> & { nEpochs?: number | undefined }
  /** Local models, which begin from nothing, need more passes over a small file; those of others do not. */
  provider?: string | undefined
  /** Runs to make, with consecutive seeds. */
  finetunes: number
  suffix?: string | undefined
  label?: string | undefined
  tags?: readonly string[]
}

/** What fits beside numbers. */
const LONGEST_LABEL = 60

/** One request for each run, in the order of their seeds. Throws InputError where a file is not there. */
export async function fineTuneRequests(options: FineTuneOptions): Promise<FineTuneRequest[]> {
  const { model, hyperparameters, finetunes, suffix, tags = [] } = options
  const label = options.label?.trim()
  if (label !== undefined && (label === '' || label.length > LONGEST_LABEL || /\p{C}/u.test(label))) {
    throw new InputError(
      `The label does not fit: 1 to ${LONGEST_LABEL} characters are allowed, none of them a control character.`,
      { code: 'BAD_LABEL' },
    )
  }
  if (suffix !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(suffix)) {
    throw new InputError(
      `The suffix ${suffix} does not fit: 1 to 40 letters, digits, - and _ are allowed, a letter or digit first.`,
      { code: 'BAD_SUFFIX' },
    )
  }
  const dataset = await chooseFiles(options)
  const { nEpochs, reason } = await epochsFor({ ...options, ...hyperparameters, ...dataset })
  return Array.from({ length: finetunes }, (_, index) => ({
    model: model.replace(/^local\//, ''),
    dataset,
    hyperparameters: { ...hyperparameters, nEpochs, seed: hyperparameters.seed + index },
    ...(reason !== undefined && { epochsReason: reason }),
    ...(suffix !== undefined && { suffix }),
    ...(label !== undefined && { label }),
    tags,
  }))
}

/** Those that are given, or else enough for the training file. Throws InputError where that cannot be read. */
export async function epochsFor({
  provider = 'local',
  trainingFile,
  batchSize,
  nEpochs,
}: {
  provider?: string | undefined
  trainingFile: string
  batchSize: number
  nEpochs?: number | undefined
}): Promise<ChosenEpochs> {
  if (nEpochs !== undefined) return { nEpochs }
  if (provider !== 'local') return { nEpochs: DEFAULT_EPOCHS }
  return chooseEpochs({ examples: (await readTexts(trainingFile)).length, batchSize })
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
    throw new InputError('Nothing to train on: use --dataset-name NAME or --training-file FILE.', {
      code: 'NO_TRAINING_FILE',
      suggestions: ['make a data set: reversal dataset:reverse --dataset-name first'],
    })
  }
  return {
    name: found?.name ?? basename(training),
    ...(found && { directory: found.directory }),
    trainingFile: training,
    ...(validation !== undefined && { validationFile: validation }),
    ...(trainingFile !== undefined && found && (await heldOutOf(training, found.directory))),
  }
}

/** What a file cannot be read for is said by who trains on it; there are data sets that test nothing. */
async function heldOutOf(
  file: string,
  directory: string,
): Promise<Pick<FineTuneRequest['dataset'], 'heldOut'>> {
  try {
    const { findings: _findings, ...heldOut } = await checkHeldOut({ file, directory })
    return { heldOut }
  } catch (error) {
    if (error instanceof InputError) return {}
    throw error
  }
}

async function existingFile(cwd: string, path: string): Promise<string> {
  const file = resolve(cwd, path)
  if (!(await exists(file))) throw new InputError(`There is no file ${path}.`, { code: 'FILE_NOT_FOUND' })
  return file
}
