/** An error that a server sends as if it were an answer, with status 200. */
export class ErrorAnswer extends Error {
  /** The status of the error; undefined if the answer gives none. */
  readonly status: number | undefined
  /** The server's description: an object as in error bodies, or a text. */
  readonly error: unknown
  readonly code: unknown
  readonly type: unknown
  readonly headers = new Headers()

  constructor(error: unknown) {
    super('The server sent an error instead of an answer.')
    const { code, type } = (typeof error === 'object' ? error : {}) as { code?: unknown; type?: unknown }
    this.error = error
    this.code = code
    this.type = type
    this.status = statusOf((error ?? {}) as Record<string, unknown>)
  }
}

/**
 * Throws ErrorAnswer if an answer contains an error (next to its choices, in one of them, or instead of them) or no
 * choice.
 */
export function refuseErrors(answer: unknown): void {
  if (!isObject(answer)) return
  if (isError(answer.error)) throw new ErrorAnswer(answer.error)
  const choices: unknown[] = Array.isArray(answer.choices) ? answer.choices : []
  for (const choice of choices.filter(isObject)) {
    if (isError(choice.error)) throw new ErrorAnswer(choice.error)
    // The generation broke off, so the text so far is not an answer.
    if (choice.finish_reason === 'error') throw new ErrorAnswer({ code: 502, message: BROKEN_OFF })
  }
  // Some filters send a complete answer without choices.
  if (Array.isArray(answer.choices) && choices.length === 0 && ('id' in answer || 'usage' in answer)) {
    throw new ErrorAnswer({ code: NO_CHOICES, message: 'it has no choice for this prompt' })
  }
  const bare = answer.object === 'error' || 'detail' in answer || 'code' in answer
  if (!('choices' in answer) && bare && ownWords(answer) !== undefined) throw new ErrorAnswer(answer)
}

const NO_CHOICES = 'no_choices'
const BROKEN_OFF = 'the generation ended with an error'

function isError(error: unknown): boolean {
  return isObject(error) ? Object.keys(error).length > 0 : typeof error === 'string' && error !== ''
}

/**
 * The message of an error body: OpenAI's `message`, FastAPI's `detail` (a text, or a list of objects), or the body
 * itself if it is a text; undefined for any other body.
 */
export function ownWords(body: unknown): string | undefined {
  if (typeof body === 'string') return body
  if (!isObject(body)) return undefined
  const { message, detail, error, msg } = body
  for (const words of [message, detail, error, msg]) {
    if (typeof words === 'string' && words !== '') return words
    if (Array.isArray(words) && words.length > 0) return words.map(detailWords).join('; ')
    if (isObject(words)) return ownWords(words)
  }
  return undefined
}

/** Such as `body.messages: Field required`. */
function detailWords(detail: unknown): string {
  if (!isObject(detail)) return String(detail)
  const { loc, msg } = detail
  const words = typeof msg === 'string' ? msg : JSON.stringify(detail)
  return Array.isArray(loc) ? `${loc.join('.')}: ${words}` : words
}

/** Names of faults from servers that give no number. */
const NAMED_STATUS: readonly [RegExp, number][] = [
  [/quota|billing|credit|spend.?limit|usage.?limit/i, 402],
  [/api.?key|authentication/i, 401],
  [/model.?not.?found/i, 404],
  [/rate.?limit|too.?many|throttl|resource.?exhausted/i, 429],
  [/overload|unavailable|capacity/i, 503],
  [/server.?error|internal|upstream|bad.?gateway|time.?out/i, 502],
]

function statusOf({ code, status, status_code, type }: Record<string, unknown>): number | undefined {
  for (const number of [code, status, status_code].map(Number)) {
    if (Number.isInteger(number) && number >= 400 && number < 600) return number
  }
  for (const name of [code, status, type]) {
    const named = NAMED_STATUS.find(([pattern]) => typeof name === 'string' && pattern.test(name))
    if (named !== undefined) return named[1]
  }
  return undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
