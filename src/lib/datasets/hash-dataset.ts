import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256, sha256File } from '../support/files.ts'
import { MANIFEST_FILE } from './write-dataset.ts'

/** SHA-256 over the names and contents of a data set's files, also linked ones; its manifest, which dates it, is left out. */
export async function hashDataset(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name !== MANIFEST_FILE)
  const hashes = await Promise.all(
    names.toSorted().map(async (name) => {
      const path = join(directory, name)
      const entry = await stat(path).catch(() => undefined)
      return entry?.isFile() ? [`${name} ${await sha256File(path)}`] : []
    }),
  )
  return sha256(hashes.flat().join('\n'))
}
