import { stat } from 'node:fs/promises'
import { InputError } from '../support/errors.ts'
import type { FoundDataset } from './find-dataset.ts'
import { listDatasets } from './find-dataset.ts'
import { createReverseDataset } from './reverse/create.ts'
import { DEFAULT_REVERSE_OPTIONS } from './reverse/generate.ts'
import { reverseCommand } from './reverse/reverse-command.ts'
import { reverseKind } from './reverse/reverse-kind.ts'
import { readManifest } from './write-dataset.ts'

/** The data set to use by default, and whether it was just made. */
export interface DefaultDataset extends Pick<FoundDataset, 'name' | 'directory'> {
  made: boolean
  /** How many others there are. */
  others: number
}

/**
 * The newest data set of experiment 1 in `data/`, else the newest of any kind; undefined if there is none. Data sets
 * with a damaged manifest are ignored.
 */
export async function newestDataset({ cwd }: { cwd: string }): Promise<DefaultDataset | undefined> {
  const found = await listDatasets({ cwd })
  const dated = (await Promise.all(found.map(withDate))).flat()
  const newest = dated.toSorted((a, b) => Number(b.reverse) - Number(a.reverse) || b.at - a.at)[0]
  if (newest === undefined) return undefined
  const { name, directory } = newest.dataset
  return { name, directory, made: false, others: found.length - 1 }
}

/**
 * The newest data set; if there is none, the default one of experiment 1 is written. `beforeMaking` can throw to
 * prevent that.
 */
export async function newestOrMade({
  beforeMaking,
  ...options
}: {
  cwd: string
  toolVersion: string
  beforeMaking?: () => Promise<void>
}): Promise<DefaultDataset> {
  const newest = await newestDataset(options)
  if (newest !== undefined) return newest
  await beforeMaking?.()
  const { name, directory } = await createReverseDataset({
    ...options,
    ...DEFAULT_REVERSE_OPTIONS,
    command: reverseCommand(DEFAULT_REVERSE_OPTIONS),
    overwrite: false,
  })
  return { name, directory, made: true, others: 0 }
}

async function withDate(dataset: FoundDataset) {
  const { directory, trainingFile } = dataset
  try {
    const manifest = await readManifest(directory)
    const reverse =
      manifest === undefined ? await reverseKind.recognize(directory) : manifest.kind === reverseKind.name
    const at = manifest === undefined ? (await stat(trainingFile)).mtimeMs : Date.parse(manifest.created_at)
    return [{ dataset, reverse, at }]
  } catch (error) {
    if (error instanceof InputError) return []
    throw error
  }
}
