import { relative } from 'node:path'
import { newestOrMade } from '../../lib/datasets/default-dataset.ts'
import { plural } from '../../lib/support/numbers.ts'
import type { BaseCommand } from '../shell/base-command.ts'

interface DatasetFlags {
  'dataset-name'?: string | undefined
  'training-file'?: string | undefined
}

/**
 * The flags with a data set where they name none: the newest of experiment 1, else of any kind, else the default one,
 * which is made. Says which, and how to choose another.
 */
export async function withDataset<Flags extends DatasetFlags>(
  command: BaseCommand,
  flags: Flags,
): Promise<Flags> {
  if (flags['dataset-name'] !== undefined || flags['training-file'] !== undefined) return flags
  const cwd = process.cwd()
  const { name, directory, made, others } = await newestOrMade({ cwd, toolVersion: command.config.version })
  const place = relative(cwd, directory)
  command.logToStderr(
    made
      ? `There is no data set in data/ yet: made the default one of experiment 1, ${place}.`
      : `Training on ${name}, the newest data set in data/${others === 0 ? '' : ` (${plural(others, 'other')} there)`}: --dataset-name chooses another.`,
  )
  return { ...flags, 'dataset-name': place }
}
