import type { BatchProgress } from '../../lib/models/openai/batch/batch-session.ts'
import { plural } from '../../lib/support/numbers.ts'
import type { Wait } from '../../lib/support/patience.ts'
import type { Progress } from '../shell/progress.ts'
import { describeWait } from '../text/wait.ts'

/**
 * Tells the user why there is no progress: waits that a server asks for, unfinished batches. Also says, once for all
 * models of a command, that answers are not cached.
 */
export function hostedProgress(progress: Progress) {
  let told = false
  return {
    onCacheFailure: (sentence: string) => {
      if (!told) progress.note(sentence)
      told = true
    },
    onWait: (wait: Wait) => progress.note(describeWait(wait)),
    onLook: ({ batches, completed, total }: BatchProgress) => {
      if (batches === 0) return
      const label = `Waiting for ${plural(batches, 'batch', 'batches')}`
      return progress.update({ label, done: completed, total })
    },
  }
}
