import { copyFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { exists, sha256, sha256File, writeDirectoryAtomic } from '../../support/files.ts'
import { ALIASES_FILE, readAliases, SHIPPED_ALIASES } from './names.ts'
import type { ReadPairsOptions } from './pairs.ts'
import { PAIRS_FILE, readPairs } from './pairs.ts'

export interface PairsDatasetOptions extends ReadPairsOptions {
  /** CSV file of pairs. */
  pairsFile: string
  /** CSV file of other names of people; by default that of the data set, or else the one that comes with the tool. */
  aliasesFile?: string | undefined
  /** Absolute path of the folder for data sets that are made from files. */
  folder: string
}

/**
 * The directory of a data set of experiment 2 for a file of pairs and, optionally, one of aliases. If they already are
 * a data set, it is theirs; otherwise they are copied into a folder named by their content, so that the same pairs give
 * the same data set. Throws InputError BAD_CSV with the user's file and line.
 */
export async function pairsDataset(options: PairsDatasetOptions): Promise<string> {
  const { aliasesFile, folder, onWarning } = options
  const pairsFile = resolve(options.pairsFile)
  await readPairs(pairsFile, { onWarning })
  if (aliasesFile !== undefined) await readAliases(aliasesFile)
  const own = dirname(pairsFile)
  const aliases = join(own, ALIASES_FILE)
  const isOwn = aliasesFile === undefined || resolve(aliasesFile) === aliases
  // A data set without its own aliases uses those that come with the tool.
  const isUsual = aliasesFile !== undefined && resolve(aliasesFile) === SHIPPED_ALIASES
  if (basename(pairsFile) === PAIRS_FILE && (isOwn || (isUsual && !(await exists(aliases))))) return own
  const files = new Map([[PAIRS_FILE, pairsFile]])
  if (aliasesFile !== undefined && !isUsual) files.set(ALIASES_FILE, resolve(aliasesFile))
  const hashes = await Promise.all([...files.values()].map(sha256File))
  const name = basename(pairsFile).replace(/\.csv$/i, '')
  const directory = join(folder, `${name}-${sha256(hashes.join('\n')).slice(0, 8)}`)
  if (await exists(join(directory, PAIRS_FILE))) return directory
  await writeDirectoryAtomic(directory, async (temporary) => {
    for (const [file, source] of files) await copyFile(source, join(temporary, file))
  })
  return directory
}
