import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256, sha256File } from '../support/files.ts'
import { MANIFEST_FILE } from './write-dataset.ts'

/**
 * SHA-256 over the names and contents of a data set's files, including linked ones but not its dated manifest. With
 * `files`, only over those of the given files that exist.
 */
export async function hashDataset(directory: string, files?: readonly string[]): Promise<string> {
  const names = (await readdir(directory)).filter(
    (name) => name !== MANIFEST_FILE && (files === undefined || files.includes(name)),
  )
  const hashes = await Promise.all(
    names.toSorted().map(async (name) => {
      const path = join(directory, name)
      const entry = await stat(path).catch(() => undefined)
      return entry?.isFile() ? [`${name} ${await sha256File(path)}`] : []
    }),
  )
  return sha256(hashes.flat().join('\n'))
}
