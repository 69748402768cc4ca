import { relative } from 'node:path'
import type { DefaultDataset } from '../../lib/datasets/default-dataset.ts'
import { newestOrMade } from '../../lib/datasets/default-dataset.ts'
import type { FineTuneProvider, ProviderDescriptor } from '../../lib/finetuning/provider.ts'
import { InputError } from '../../lib/support/errors.ts'
import { plural } from '../../lib/support/numbers.ts'
import type { BaseCommand } from '../shell/base-command.ts'

interface DatasetFlags {
  'dataset-name'?: string | undefined
  'training-file'?: string | undefined
  'model-name': string
  'dry-run': boolean
}

/**
 * Adds a data set to flags that name none: the newest of experiment 1, else of any kind, else the default one, which is
 * made. Prints which one, and how to choose another. Throws InputError before anything is written if the model cannot
 * be trained on it.
 */
export async function withDataset<Flags extends DatasetFlags>(
  command: BaseCommand,
  { flags, provider, entry }: { flags: Flags; provider: FineTuneProvider; entry: ProviderDescriptor },
): Promise<Flags> {
  if (flags['dataset-name'] !== undefined || flags['training-file'] !== undefined) return flags
  const cwd = process.cwd()
  const chosen = await newestOrMade({
    ...{ cwd, toolVersion: command.config.version },
    beforeMaking: () => requireUse(flags, provider, entry),
  })
  const place = relative(cwd, chosen.directory)
  command.logToStderr(describeChoice(chosen, place))
  return { ...flags, 'dataset-name': place }
}

function describeChoice({ name, made, others }: DefaultDataset, place: string): string {
  if (made) return `There was no data set in data/ yet: made the default one of experiment 1, ${place}.`
  const beside = others === 0 ? '' : `, beside ${plural(others, 'other')}`
  return `Training on ${name}, the newest data set in data/${beside}. Use --dataset-name to choose another.`
}

/** Ensures that a data set is made only for a model that can be trained on it. */
async function requireUse(
  flags: DatasetFlags,
  provider: FineTuneProvider,
  entry: ProviderDescriptor,
): Promise<void> {
  if (flags['dry-run']) {
    throw new InputError('The estimate needs a data set, and there is none in data/ yet.', {
      code: 'NO_TRAINING_FILE',
      suggestions: ['write the default one: reversal dataset:reverse'],
    })
  }
  const model = flags['model-name'].replace(`${provider.name}/`, '')
  const known = await provider.models()
  if (
    provider.runs === 'elsewhere' ||
    entry.namesPretrained?.(model) ||
    known.some(({ name }) => name === model)
  )
    return
  throw new InputError(`There is no data set in data/ yet, and ${provider.name} has no model ${model}.`, {
    code: 'MODEL_UNKNOWN',
    suggestions: ['list the models: reversal finetune:models'],
  })
}
