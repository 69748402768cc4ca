import type { OpeningProgress } from '../../lib/models/gguf/open-gguf-model.ts'
import type { Progress } from '../shell/progress.ts'

const MEGABYTE = 1e6

/** Tells a user how far the opening of a model is that takes long to load. */
export function openingProgress(progress: Progress) {
  return ({ name, phase, done, total }: OpeningProgress) =>
    phase === 'loading'
      ? progress.update({
          label: `Loading ${name}`,
          done: megabytes(done),
          total: megabytes(total),
          unit: 'MB',
        })
      : progress.update({ label: `Checking ${name}`, done, total })
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / MEGABYTE)
}
