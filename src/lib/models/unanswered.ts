import { ReversalError } from '../support/errors.ts'

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

  constructor(unanswered: readonly Unanswered[], { total, code }: { total: number; code: string }) {
    super(`${unanswered.length} of ${total} prompts got no answer: ${unanswered[0]?.reason}`, {
      code,
      suggestions: ['what was answered is kept; the same command sends the others again'],
    })
    this.unanswered = unanswered
  }
}
