import { schemaCheck } from '../../schemas/compile.ts'
import type { Completion, Conversation, GenerateOptions } from '../../schemas/completion.ts'
import type { ChatAnswer, CompletionAnswer } from '../../schemas/openai-answers.ts'
import { chatAnswerSchema, completionAnswerSchema } from '../../schemas/openai-answers.ts'
import type { Check } from '../../support/jsonl.ts'
import type { Address, Api } from './address.ts'
import { refuseErrors } from './error-answer.ts'
import { UnexpectedAnswerError } from './failures.ts'
import { readChatChoice, readTextChoice, withAnsweredBy } from './read-completions.ts'

/** How to request completions from one of the two APIs, and where its answer holds them. */
export interface Endpoint {
  /** Below the base URL. */
  path: string
  body(prompt: string, options: CompletionRequestOptions): Record<string, unknown>
  /** Throws UnexpectedAnswerError, or ErrorAnswer for an error in the place of an answer. */
  completions(answer: unknown): Completion[]
}

export interface CompletionRequestOptions extends Omit<GenerateOptions, 'signal' | 'samples'> {
  /** Completions in one answer. */
  n: number
}

/** OpenAI accepts no more stop texts; the tool itself applies the rest. */
const MOST_STOPS = 4

/** The endpoint at an address; `official` servers require the newer models' name for the token limit. */
export function endpointOf(address: Address, { official }: { official: boolean }): Endpoint {
  const { model, system, parameters } = address
  const shared = ({ temperature, n, stop = [], seed }: CompletionRequestOptions) => ({
    temperature,
    n,
    ...(stop.length > 0 && { stop: stop.slice(0, MOST_STOPS) }),
    ...(seed !== undefined && { seed }),
    ...parameters,
  })
  const limit = (maxTokens: number) =>
    official ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }
  const endpoints: Record<Api, Endpoint> = {
    chat: {
      path: '/chat/completions',
      body: (prompt, options) => ({
        model,
        messages: chatOf(prompt, { system }, options.conversation),
        ...limit(options.maxTokens),
        ...shared(options),
      }),
      completions: (answer) => {
        const read = readChatAnswer(answer)
        return read.choices.map((choice) => withAnsweredBy(readChatChoice(choice), read))
      },
    },
    completions: {
      path: '/completions',
      body: (prompt, options) => ({
        model,
        prompt,
        max_tokens: options.maxTokens,
        ...shared(options),
      }),
      completions: (answer) => {
        const read = readCompletionAnswer(answer)
        return read.choices.map((choice) => withAnsweredBy(readTextChoice(choice), read))
      },
    },
  }
  return endpoints[address.api]
}

/** One message of a chat. */
export type Message = { role: 'system' | 'user' | 'assistant'; content: string }

/** The chat messages for a prompt. A conversation's own system message precedes that of the address. */
export function chatOf(
  prompt: string,
  address: Pick<Address, 'system'>,
  conversation: Conversation = { exchanges: [] },
): Message[] {
  const { system = address.system, exchanges } = conversation
  return [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
    ...exchanges.flatMap(({ question, answer }): Message[] => [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ]),
    { role: 'user', content: prompt },
  ]
}

const checkChat = schemaCheck(chatAnswerSchema)
const checkCompletion = schemaCheck(completionAnswerSchema)

/** Throws UnexpectedAnswerError unless it is an answer of `/chat/completions`. */
export function readChatAnswer(answer: unknown): ChatAnswer {
  return readAnswer<ChatAnswer>(answer, withoutError(checkChat))
}

/** Throws UnexpectedAnswerError unless it is an answer of `/completions`. */
export function readCompletionAnswer(answer: unknown): CompletionAnswer {
  return readAnswer<CompletionAnswer>(answer, withoutError(checkCompletion))
}

/** An error next to the choices makes them invalid, but the record of a failed job also has an error and is valid. */
function withoutError(check: Check): Check {
  return (answer) => {
    refuseErrors(answer)
    return check(answer)
  }
}

/** Throws UnexpectedAnswerError for what does not pass the check, ErrorAnswer for an error that came as an answer. */
export function readAnswer<T>(answer: unknown, check: Check): T {
  if (typeof answer === 'string') throw new UnexpectedAnswerError('it answers with text that is not JSON')
  const { error } = (answer ?? {}) as { error?: unknown }
  // LM Studio answers this way to unknown addresses.
  if (typeof error === 'string' && /^unexpected endpoint/i.test(error)) {
    throw new UnexpectedAnswerError(`it says “${error}”`)
  }
  const problem = check(answer)
  if (problem === undefined) return answer as T
  refuseErrors(answer)
  throw new UnexpectedAnswerError(`in its answer, ${problem}`)
}
