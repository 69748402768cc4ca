import { ReversalError } from '../support/errors.ts'
import { plural } from '../support/numbers.ts'

/** A prompt that a model gave no answer to, and why. */
export interface Unanswered {
  /** Position in what was asked. */
  index: number
  /** A sentence. */
  reason: string
}

/** Some prompts got no answer although all others did; thrown after everything that came. */
export class UnansweredError extends ReversalError {
  readonly unanswered: readonly Unanswered[]

  constructor(
    unanswered: readonly Unanswered[],
    { total, code, hints = [] }: { total: number; code: string; hints?: readonly string[] },
  ) {
    super(`${unanswered.length} of ${plural(total, 'prompt')} got no answer: ${unanswered[0]?.reason}`, {
      code,
      suggestions: [
        'what was answered is kept; the same command fetches or sends the others again',
        ...hints,
      ],
    })
    this.unanswered = unanswered
  }
}
