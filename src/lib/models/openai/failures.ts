import type { APIError } from 'openai'
import type { ConnectionFault } from '../../support/connection-faults.ts'
import { connectionFault, noConnection } from '../../support/connection-faults.ts'
import { proxyHints } from '../../support/connections.ts'
import { InputError, ReversalError } from '../../support/errors.ts'
import { readRetryAfter } from '../../support/retry-after.ts'
import { ErrorAnswer, ownWords } from './error-answer.ts'
import { hintsFor } from './hints.ts'
import { PromptRefusedError, refusesPrompt } from './refused-prompts.ts'
import type { Server } from './server.ts'

/** Why a request brought no result. */
export interface Failure {
  /** `throttled`: too many requests for the server; `transient`: a retry may succeed; `final`: it will not. */
  kind: 'throttled' | 'transient' | 'final'
  /** The error to show the user if there is no further try. */
  error: ReversalError
  /**
   * True if the server may have carried out the request although no answer came or the answer says otherwise: a gateway
   * answers in the server's name when it loses the connection.
   */
  mayBeDone: boolean
  retryAfterMs?: number | undefined
  headers?: Headers | undefined
}

/** An answer that does not conform to OpenAI's API, thrown by the code that reads it. */
export class UnexpectedAnswerError extends Error {}

/** An answer with a number that JSON does not have, such as `NaN` or `-Infinity`. */
export class NoNumberError extends Error {
  constructor(number: string) {
    super(`answers with the number ${number}, which JSON does not have`)
  }
}

interface Circumstances {
  server: Server
  /** Whether the server has answered before, so its address must be right. */
  known: boolean
  /** The time for the answer was over. */
  timedOut: boolean
  now: number
}

/** Sort an error of the SDK, or of the connection below it; undefined for any other error. */
export function sortFailure(error: unknown, circumstances: Circumstances): Failure | undefined {
  const { server, timedOut } = circumstances
  if (timedOut) {
    const message = `${server.name} did not answer within ${server.timeoutMs / 1000} s.`
    return transient(message, { code: 'SERVER_TIMEOUT', mayBeDone: true })
  }
  if (error instanceof UnexpectedAnswerError) return final(notCompatible(server, error.message))
  if (error instanceof NoNumberError) {
    const suggestions = [
      'the model computes a value that is not a number, or the server writes invalid JSON: see its log',
    ]
    return final(new ReversalError(`${server.name} ${error.message}.`, { code: NOT_A_NUMBER, suggestions }))
  }
  if (!(error instanceof Error)) return undefined
  if (error instanceof ErrorAnswer && error.status === undefined) {
    const message = `${server.name} answers with an error${whatItSaid(error, server)}`
    return final(
      refusesPrompt(error)
        ? new PromptRefusedError(message)
        : new ReversalError(message, { code: 'SERVER_ERROR' }),
    )
  }
  if (typeof (error as Partial<APIError>).status === 'number')
    return sortAnswer(error as unknown as AnsweredError, circumstances)
  const refused = ownRefusal(error)
  if (refused !== undefined) return final(refused)
  const fault = faultOf(error)
  if (fault === undefined) return undefined
  const { kind, reason } = fault
  if (kind === 'offline' && !circumstances.known) {
    return final(
      new InputError(`Cannot reach ${server.baseUrl}: ${reason}.`, {
        code: 'SERVER_UNREACHABLE',
        suggestions: ['is the server running, and is --base-url right?', ...proxyHints()],
      }),
    )
  }
  const message = `The connection to ${server.name} fails: ${reason}.`
  return transient(message, { code: 'SERVER_UNREACHABLE', mayBeDone: kind !== 'offline' })
}

/** The code of the failure for a NoNumberError. */
export const NOT_A_NUMBER = 'NOT_A_NUMBER'

/** The SDK's error for an answer with such a status, and its equivalent for an error inside an answer. */
type AnsweredError = Pick<
  APIError<number, Headers>,
  'status' | 'headers' | 'code' | 'type' | 'error' | 'message'
>

const QUOTAS: Record<string, string> = {
  credit_balance_exhausted: 'the credit is used up',
  organization_spend_limit_exceeded: 'the spending limit of the organization is reached',
  project_spend_limit_exceeded: 'the spending limit of the project is reached',
  organization_usage_limit_exceeded: 'the usage limit of the organization is reached',
  billing_hard_limit_reached: 'the spending limit is reached',
  billing_not_active: 'billing is not active for this account',
  insufficient_quota: 'the quota is used up',
}

function sortAnswer(error: AnsweredError, { server, now }: Circumstances): Failure {
  const { status, headers } = error
  const said = whatItSaid(error, server)
  const quota = QUOTAS[String(error.code)] ?? QUOTAS[String(error.type)]
  if (quota !== undefined || status === 402) {
    const reason = quota ?? 'payment is required'
    return final(
      new ReversalError(`${server.name} stops here: ${reason}${said}`, { code: 'QUOTA_EXHAUSTED' }),
    )
  }
  const late = { retryAfterMs: readRetryAfter(headers, now), headers }
  if (status === 429 || status === 503) {
    const reason = status === 429 ? 'refuses more requests for now' : 'is overloaded'
    const code = 'SERVER_THROTTLES'
    const refusal = new ReversalError(`${server.name} ${reason} (${status})${said}`, { code })
    return { kind: 'throttled', error: refusal, mayBeDone: true, ...late }
  }
  if (status === 408 || status === 409 || (status >= 500 && status !== 501)) {
    const message = `${server.name} fails (${status})${said}`
    return { ...transient(message, { code: 'SERVER_FAILED', mayBeDone: true }), ...late }
  }
  return final(refusal(error, server, said))
}

function refusal(error: AnsweredError, server: Server, said: string): ReversalError {
  const { status } = error
  if (refusesPrompt(error)) {
    return new PromptRefusedError(`${server.name} refuses the prompt (${status})${said}`)
  }
  switch (status) {
    case 401:
      return server.apiKey === undefined
        ? new InputError(`${server.name} needs a key: set OPENAI_API_KEY${said}`, { code: 'API_KEY_MISSING' })
        : new InputError(`${server.name} refuses the key in OPENAI_API_KEY${said}`, {
            code: 'API_KEY_REFUSED',
          })
    case 403:
      return new ReversalError(`${server.name} denies this account access (403)${said}`, {
        code: 'ACCESS_DENIED',
        suggestions: ['check the permissions of the organization, the project and the key'],
      })
    case 404:
    case 405:
    case 501:
      return isWrongAddress(error)
        ? notCompatible(server, `it has no such address (${status})`)
        : new InputError(`${server.name} does not know this model or address (${status})${said}`, {
            code: 'NOT_FOUND',
            suggestions: checkUrl(server),
          })
    default:
      return new InputError(`${server.name} refuses the request (${status})${said}`, {
        code: 'REQUEST_REFUSED',
        suggestions: hintsFor(said),
      })
  }
}

/** FastAPI's answer, used by many servers, for an address that it does not have. */
const NO_ADDRESS = /^(not found|method not allowed)\.?$/i

function isWrongAddress(error: AnsweredError): boolean {
  const words = wordsOf(error)
  return words === undefined || NO_ADDRESS.test(words.trim())
}

const VERSIONED = /\/v\d+(\/|$)/

function checkUrl({ baseUrl }: Server): string[] {
  return VERSIONED.test(baseUrl) ? [] : ['check --base-url: it usually ends in /v1']
}

function notCompatible(server: Server, detail: string): InputError {
  const shown = withoutKeys(detail, server)
  return new InputError(`${server.baseUrl} does not answer as OpenAI’s API does: ${shown}.`, {
    code: 'NOT_COMPATIBLE',
    suggestions: checkUrl(server),
  })
}

function final(error: ReversalError): Failure {
  return { kind: 'final', error, mayBeDone: false }
}

function transient(message: string, { code, mayBeDone }: { code: string; mayBeDone: boolean }): Failure {
  return { kind: 'transient', error: new ReversalError(message, { code }), mayBeDone }
}

const LONGEST_QUOTE = 300

/** The server's own words after a colon, cut to a readable length. */
function whatItSaid(
  error: Pick<AnsweredError, 'error' | 'status' | 'message'> | ErrorAnswer,
  server: Server,
): string {
  const text = wordsOf(error)
  if (text === undefined) return '.'
  const words = withoutKeys(text, server).replaceAll(/\s+/g, ' ').trim()
  const quote = words.length > LONGEST_QUOTE ? `${words.slice(0, LONGEST_QUOTE)} …` : words
  return `: ${/[.!?…]$/.test(quote) ? quote : `${quote}.`}`
}

/** Removes the key from a text of the server, which may quote it in full or with stars in the middle. */
function withoutKeys(text: string, { apiKey }: Server): string {
  const cut = apiKey === undefined ? text : text.replaceAll(apiKey, '(key)')
  return cut.replaceAll(/\bsk-[\w*.-]*\w/g, '(key)')
}

/** The message of an error body; undefined if the body is not in OpenAI's form. */
function wordsOf({ error: body, message, status }: { error?: unknown; message: string; status?: unknown }) {
  return ownWords(body ?? parseJson(message.replace(`${status} `, '')))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

/** The connection fault behind an error of the SDK. */
function faultOf(error: Error): ConnectionFault | undefined {
  // An answer that ends within its JSON.
  if (error instanceof SyntaxError) return { kind: 'cut', code: 'CUT_OFF', reason: 'it was cut' }
  const fault = connectionFault(error)
  if (fault !== undefined) return fault
  // The SDK's message for everything else that `fetch` refuses, such as ports that browsers block.
  return error.message === 'Connection error.' ? noConnection() : undefined
}

/** An error of our own `fetch`, anywhere in the chain of causes. */
function ownRefusal(error: Error): ReversalError | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ReversalError) return cause
  }
  return undefined
}
