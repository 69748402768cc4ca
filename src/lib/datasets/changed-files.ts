import { join } from 'node:path'
import type { DatasetManifest } from '../schemas/manifest.ts'
import { exists, sha256File } from '../support/files.ts'

/** Names of the files of a data set that are gone, or not what they were when its manifest was written. */
export async function changedFiles(
  directory: string,
  { files }: Pick<DatasetManifest, 'files'>,
): Promise<string[]> {
  const changed = await Promise.all(
    Object.entries(files).map(async ([name, { sha256 }]) => {
      const path = join(directory, name)
      return (await exists(path)) && (await sha256File(path)) === sha256 ? [] : [name]
    }),
  )
  return changed.flat()
}
