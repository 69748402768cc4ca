import type { DownloadProgress } from '../../lib/engine/pretrained/hub/download.ts'
import type { OpeningProgress } from '../../lib/models/gguf/open-gguf-model.ts'
import type { Progress } from '../shell/progress.ts'

const MEGABYTE = 1e6

/** Tells a user how far the opening of a model is that takes long to load. */
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

/** Tells a user how far the fetching of a model to train is. */
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
