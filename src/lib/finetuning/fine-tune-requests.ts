import { basename, resolve } from 'node:path'
import { findDataset } from '../datasets/find-dataset.ts'
import { checkHeldOut } from '../datasets/held-out.ts'
import type { Objective } from '../engine/objectives.ts'
import { parseOptionValues } from '../schemas/option-values.ts'
import { InputError } from '../support/errors.ts'
import { exists } from '../support/files.ts'
import type { ChosenEpochs } from './epochs.ts'
import { chooseEpochs, DEFAULT_EPOCHS } from './epochs.ts'
import type { FineTuneRequest, ProviderDescriptor } from './provider.ts'
import { readTexts } from './texts.ts'

type AskedProvider = Pick<
  ProviderDescriptor,
  'name' | 'runs' | 'beginsFromNothing' | 'namesPretrained' | 'options'
>

const NO_OPTIONS = { type: 'object', properties: {}, additionalProperties: false } as const

/** A training that the user requests. */
export interface FineTuneOptions {
  cwd: string
  model: string
  datasetName?: string | undefined
  trainingFile?: string | undefined
  validationFile?: string | undefined
  /** If no epochs are given, they follow from the training file. */
  hyperparameters: Omit<FineTuneRequest['hyperparameters'], 'nEpochs'> & { nEpochs?: number | undefined }
  /** The provider. Models trained from scratch need more passes over a small file. */
  provider: AskedProvider
  /** Values of `--provider-option`: `KEY=VALUE`. */
  providerOptions?: readonly string[] | undefined
  /** Gives a model the name that its runs are recorded with. */
  nameModel?: ((name: string) => Promise<string>) | undefined
  /** Converts a budget into epochs, for providers that train within one. */
  epochsWithin?: ((request: FineTuneRequest) => Promise<number>) | undefined
  /** Runs to make, with consecutive seeds. */
  finetunes: number
  suffix?: string | undefined
  label?: string | undefined
  tags?: readonly string[]
}

/** Longest label that fits in a table next to numbers. */
const LONGEST_LABEL = 60

/** One request for each run, in the order of their seeds. Throws InputError if a file does not exist. */
export async function fineTuneRequests(options: FineTuneOptions): Promise<FineTuneRequest[]> {
  const { provider, model, hyperparameters, finetunes, suffix, tags = [] } = options
  const label = options.label?.trim()
  if (label !== undefined && (label === '' || label.length > LONGEST_LABEL || /\p{C}/u.test(label))) {
    throw new InputError(
      `The label is invalid: use 1 to ${LONGEST_LABEL} characters, without control characters.`,
      { code: 'BAD_LABEL' },
    )
  }
  if (suffix !== undefined && !/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(suffix)) {
    throw new InputError(
      `The suffix ${suffix} is invalid: use 1 to 40 letters, digits, - and _, with a letter or digit first.`,
      { code: 'BAD_SUFFIX' },
    )
  }
  const told = parseOptionValues(options.providerOptions ?? [], {
    schema: provider.options ?? NO_OPTIONS,
    owner: `the provider ${provider.name}`,
  })
  const dataset = await chooseFiles(options)
  const { nameModel = async (name) => name } = options
  const named = await nameModel(provider.runs === 'here' ? withoutProvider(model, provider) : model)
  const { nEpochs, reason } = await chosenEpochs({ ...options, dataset, model: named })
  return Array.from({ length: finetunes }, (_, index) => ({
    model: named,
    dataset,
    hyperparameters: { ...hyperparameters, nEpochs, seed: hyperparameters.seed + index },
    ...(reason !== undefined && { epochsReason: reason }),
    ...(suffix !== undefined && { suffix }),
    ...(label !== undefined && { label }),
    tags,
    ...(Object.keys(told).length > 0 && { options: told }),
  }))
}

async function chosenEpochs(
  options: FineTuneOptions & Pick<FineTuneRequest, 'dataset'>,
): Promise<ChosenEpochs> {
  const { model, dataset, hyperparameters, epochsWithin, provider } = options
  const { tokenBudget, computeBudget } = hyperparameters
  if (tokenBudget === undefined && computeBudget === undefined) {
    return epochsFor({ ...options, ...hyperparameters, ...dataset })
  }
  if (epochsWithin === undefined) {
    throw new InputError(`${provider.name} only trains by epochs: leave out the budget.`, {
      code: 'BUDGET_UNSUPPORTED',
    })
  }
  return {
    nEpochs: await epochsWithin({ model, dataset, hyperparameters: { ...hyperparameters, nEpochs: 1 } }),
  }
}

/** A user's name for a model without the provider's prefix, as in `local/ada`. */
export function withoutProvider(name: string, provider: Pick<ProviderDescriptor, 'name'>): string {
  const prefix = `${provider.name}/`
  return name.startsWith(prefix) ? name.slice(prefix.length) : name
}

/** The given epochs, or else enough for the training file. Throws InputError if that cannot be read. */
export async function epochsFor({
  provider,
  model,
  trainingFile,
  batchSize,
  objective,
  nEpochs,
}: {
  provider: Pick<ProviderDescriptor, 'beginsFromNothing' | 'namesPretrained'>
  model: string
  trainingFile: string
  batchSize: number
  objective?: Objective | undefined
  nEpochs?: number | undefined
}): Promise<ChosenEpochs> {
  if (nEpochs !== undefined) return { nEpochs }
  if (!provider.beginsFromNothing || provider.namesPretrained?.(model)) return { nEpochs: DEFAULT_EPOCHS }
  return chooseEpochs({ examples: (await readTexts(trainingFile)).length, batchSize, objective })
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

/** The provider reports an unreadable training file, and some data sets have no tests. */
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
