import type { DownloadProgress } from '../../lib/engine/pretrained/hub/download.ts'
import type { OpeningProgress } from '../../lib/models/gguf/open-gguf-model.ts'
import type { Progress } from '../shell/progress.ts'

const MEGABYTE = 1e6

/** Shows the progress of loading a model that takes long. */
export function openingProgress(progress: Progress) {
  return ({ name, phase, done, total }: OpeningProgress) =>
    phase === 'checking'
      ? progress.update({ label: `Checking ${name}`, done, total })
      : progress.update({
          label: `${phase === 'fetching' ? 'Fetching' : 'Loading'} ${name}`,
          done: megabytes(done),
          total: megabytes(total),
          unit: 'MB',
        })
}

/** Shows the progress of downloading a model to train. */
export function fetchingProgress(progress: Progress) {
  return ({ file, bytes, totalBytes }: DownloadProgress) =>
    progress.update({
      label: `Fetching ${file}`,
      done: megabytes(bytes),
      total: megabytes(totalBytes),
      unit: 'MB',
    })
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MEGABYTE)
}
