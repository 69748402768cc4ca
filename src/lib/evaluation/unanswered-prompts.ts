import { ReversalError } from '../support/errors.ts'
import { formatCount, plural } from '../support/numbers.ts'

/** Questions that are named in a message; all of them are in the summary. */
const MOST_NAMED = 5

export interface UnansweredPrompt {
  /** Names the question in the journal. */
  id: string
  /** A sentence. */
  reason: string
}

const USUAL_ADVICE = 'all answers are kept; the same command asks only the missing ones again'

/** Thrown if some prompts got no answer while all others did. */
export class PromptsUnansweredError extends ReversalError {
  constructor(
    unanswered: readonly UnansweredPrompt[],
    { total, advice = [USUAL_ADVICE] }: { total: number; advice?: readonly string[] | undefined },
  ) {
    super(
      `${formatCount(unanswered.length)} of ${plural(total, 'prompt')} got no answer: ${nameThem(unanswered)}`,
      {
        code: 'PROMPTS_UNANSWERED',
        suggestions: [...advice],
      },
    )
  }
}

/** Such as `d2p_prompts_test/3, d2p_prompts_test/8: The server says why. p2d_prompts_test/1: It says something else.` */
function nameThem(unanswered: readonly UnansweredPrompt[]): string {
  const named = Map.groupBy(unanswered.slice(0, MOST_NAMED), ({ reason }) => reason)
  const rest = unanswered.length - MOST_NAMED
  return [
    ...Array.from(named, ([reason, own]) => `${own.map(({ id }) => id).join(', ')}: ${reason}`),
    ...(rest > 0 ? [`And ${rest} more.`] : []),
  ].join(' ')
}
