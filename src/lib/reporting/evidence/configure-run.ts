import { readManifest } from '../../datasets/write-dataset.ts'
import type { ConfiguredRun } from '../../evaluation/configuration.ts'
import type { DatasetManifest } from '../../schemas/manifest.ts'
import type { RunRecord } from '../../schemas/run.ts'
import { hasErrorCode, InputError } from '../../support/errors.ts'
import { sha256File } from '../../support/files.ts'

/** A run with the data that determine its configuration, as far as they can be read. */
export async function configureRun(
  run: RunRecord,
): Promise<ConfiguredRun & { manifest: DatasetManifest | undefined }> {
  const { directory, training_file: file, training_sha256: recorded } = run.dataset
  return {
    run,
    manifest: directory === undefined ? undefined : await whereReadable(readManifest(directory)),
    trainingSha256: recorded ?? (await whereReadable(sha256File(file))),
  }
}

/** A run may name files on another machine; this one may have something else there, or nothing. */
const UNREADABLE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM']

/** A damaged or missing file loses only its own data; `warnings` gets a line about it. */
export async function whereReadable<T>(reading: Promise<T>, warnings?: string[]): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof InputError) && !UNREADABLE.some((code) => hasErrorCode(error, code))) throw error
    warnings?.push((error as Error).message)
    return undefined
  }
}
