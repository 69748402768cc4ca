import { ReversalError } from '../support/errors.ts'
import { plural } from '../support/numbers.ts'

/** A prompt that a model gave no answer to, and why. */
export interface Unanswered {
  /** Position in the request. */
  index: number
  /** A sentence. */
  reason: string
}

interface About {
  /** Prompts that were asked. */
  total: number
  code: string
  hints?: readonly string[]
}

/** Some prompts got no answer although all others did; thrown after all results. */
export class UnansweredError extends ReversalError {
  readonly unanswered: readonly Unanswered[]
  /** Constructor arguments, to recreate the error in another process. */
  readonly about: About

  constructor(unanswered: readonly Unanswered[], about: About) {
    const { total, code, hints = [] } = about
    super(`${unanswered.length} of ${plural(total, 'prompt')} got no answer: ${unanswered[0]?.reason}`, {
      code,
      suggestions: [
        'all answers are kept; the same command fetches the missing ones or requests them again',
        ...hints,
      ],
    })
    this.unanswered = unanswered
    this.about = about
  }
}
