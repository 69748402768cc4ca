import { ReversalError } from '../../support/errors.ts'
import { ownWords } from './error-answer.ts'

/** Thrown if a server refuses one prompt for its content or length; it may accept others. */
export class PromptRefusedError extends ReversalError {
  constructor(message: string) {
    super(message, { code: 'PROMPT_REFUSED' })
  }
}

/** With these statuses a server says that it has read a request and refuses it. */
const STATUSES: readonly unknown[] = [undefined, 400, 403, 413, 422]
const CODES =
  /content.?(filter|policy)|responsible.?ai|context.?(length|size|window)|invalid_prompt|data_inspection|moderation|string_above_max_length|input_too_long|no_choices/i
/** Messages of servers without such codes. */
const WORDS =
  /content (management )?(policy|filter)|content exists risk|inappropriate content|flagged|usage policy|responsible ai|context (length|size|window)|maximum (context|sequence|model|number of tokens)|(prompt|input|request)( \w+)? (is |are )?too (long|large)|too many (input )?tokens|tokens? (count )?exceeds?|exceeds? .*tokens|inputs? tokens \+/i

/** Whether an error concerns the prompt, not the server, the model or the account. */
export function refusesPrompt({
  status,
  code,
  type,
  error,
}: {
  status?: unknown
  code?: unknown
  type?: unknown
  error?: unknown
}): boolean {
  if (!STATUSES.includes(status)) return false
  const inner = (error as { innererror?: { code?: unknown } } | undefined)?.innererror?.code
  return [code, type, inner].some((name) => CODES.test(String(name))) || WORDS.test(ownWords(error) ?? '')
}
