import type { ChatAnswer, CompletionAnswer } from '../../schemas/openai-answers.ts'
import type { Address } from './address.ts'
import { chatOf, readChatAnswer, readCompletionAnswer } from './endpoint.ts'
import type { TokenizedText } from './target-tokens.ts'

/** One way to get log-probabilities of a given text from a server. */
export interface ScoringWay {
  /** As servers' manuals call it. */
  name: string
  path: string
  /** Requests the log-probabilities of `prompt` followed by `target`, or of the prompt only if the target is empty. */
  body(prompt: string, target: string): Record<string, unknown>
  /** Undefined if the answer has none. Throws UnexpectedAnswerError. */
  read(answer: unknown): TokenizedText | undefined
}

/** The ways that may work at an address, the more common one first. */
export function scoringWays(address: Address): ScoringWay[] {
  return address.api === 'completions' ? [echo(address), promptLogprobs(address)] : [chatLogprobs(address)]
}

/** OpenAI's own way, which vLLM also supports. Some servers require at least one new token, so one is requested. */
function echo({ model, parameters }: Address): ScoringWay {
  return {
    name: 'echo with logprobs',
    path: '/completions',
    body: (prompt, target) => ({
      model,
      prompt: prompt + target,
      echo: true,
      logprobs: 1,
      max_tokens: 1,
      temperature: 0,
      ...parameters,
    }),
    read: (answer) => {
      const { choices, usage } = readCompletionAnswer(answer)
      const { tokens, token_logprobs } = (choices[0]?.logprobs ?? {}) as Partial<LegacyLogprobs>
      if (!Array.isArray(tokens) || !Array.isArray(token_logprobs)) return undefined
      const { completion_tokens = 1 } = (usage ?? {}) as { completion_tokens?: number }
      const written = tokens.slice(0, tokens.length - completion_tokens)
      return { tokens: written, ids: written, logprobs: token_logprobs.slice(0, written.length) }
    },
  }
}

interface LegacyLogprobs {
  tokens: string[]
  token_logprobs: (number | null)[]
}

/** vLLM's way for plain text. */
function promptLogprobs({ model, parameters }: Address): ScoringWay {
  return {
    name: 'prompt_logprobs',
    path: '/completions',
    body: (prompt, target) => ({
      model,
      prompt: prompt + target,
      prompt_logprobs: 0,
      max_tokens: 1,
      temperature: 0,
      ...parameters,
    }),
    read: (answer) => readPositions(readCompletionAnswer(answer).choices[0]?.prompt_logprobs),
  }
}

/**
 * vLLM's way for chats: the target is the beginning of the assistant's message, without outer space, as templates add
 * their own before it.
 */
function chatLogprobs(address: Address): ScoringWay {
  const { model, parameters } = address
  return {
    name: 'prompt_logprobs',
    path: '/chat/completions',
    body: (prompt, target) => ({
      model,
      messages: [
        ...chatOf(prompt, address),
        ...(target === '' ? [] : [{ role: 'assistant', content: target.trim() }]),
      ],
      add_generation_prompt: target === '',
      continue_final_message: target !== '',
      prompt_logprobs: 0,
      max_completion_tokens: 1,
      temperature: 0,
      ...parameters,
    }),
    read: (answer) => readPositions(readChatAnswer(answer).prompt_logprobs),
  }
}

type Positions = ChatAnswer['prompt_logprobs'] | CompletionAnswer['choices'][number]['prompt_logprobs']

/** For each token a map from its ID to its log-probability; null for the first. */
function readPositions(positions: Positions): TokenizedText | undefined {
  if (!Array.isArray(positions)) return undefined
  const entries = positions.map((position) => Object.entries((position ?? {}) as PositionLogprobs)[0])
  return {
    tokens: entries.map((entry) => entry?.[1].decoded_token ?? ''),
    ids: entries.map((entry) => entry?.[0] ?? ''),
    logprobs: entries.map((entry) => entry?.[1].logprob ?? null),
  }
}

type PositionLogprobs = Record<string, { logprob: number; decoded_token?: string }>
