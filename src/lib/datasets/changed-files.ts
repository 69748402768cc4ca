import { join } from 'node:path'
import type { DatasetManifest } from '../schemas/manifest.ts'
import { exists, sha256File } from '../support/files.ts'

/**
 * Names of the files of a data set that are gone, or not what they were when its manifest was written. With `among`, of
 * these only: each is read to its end.
 */
export async function changedFiles(
  directory: string,
  { files }: Pick<DatasetManifest, 'files'>,
  { among }: { among?: readonly string[] | undefined } = {},
): Promise<string[]> {
  const looked = Object.entries(files).filter(([name]) => among?.includes(name) ?? true)
  const changed = await Promise.all(
    looked.map(async ([name, { sha256 }]) => {
      const path = join(directory, name)
      return (await exists(path)) && (await sha256File(path)) === sha256 ? [] : [name]
    }),
  )
  return changed.flat()
}
