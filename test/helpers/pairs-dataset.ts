import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ParentChildPair } from '../../src/lib/datasets/celebrities/pairs.ts'
import { PAIRS_FILE, writePairs } from '../../src/lib/datasets/celebrities/pairs.ts'

/** Writes a data set of these pairs, with these aliases, if given, instead of those that come with the tool. */
export async function writePairsDataset(
  directory: string,
  pairs: readonly ParentChildPair[],
  aliases?: readonly [name: string, alias: string][],
): Promise<string> {
  await mkdir(directory, { recursive: true })
  await writePairs(join(directory, PAIRS_FILE), pairs)
  const path = join(directory, 'aliases.csv')
  const lines = ['name,alias', ...(aliases ?? []).map((own) => own.join(','))]
  if (aliases === undefined) await rm(path, { force: true })
  else await writeFile(path, `${lines.join('\n')}\n`)
  return directory
}
