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

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MEGABYTE)
}
