import type { AnsweredBy, Completion, Ending } from '../../schemas/completion.ts'
import type { ChatAnswer, CompletionAnswer } from '../../schemas/openai-answers.ts'
import { withoutThought } from '../without-thought.ts'
import { UnexpectedAnswerError } from './failures.ts'

type ChatChoice = ChatAnswer['choices'][number]
type TextChoice = CompletionAnswer['choices'][number]

/** A chat model's answer, without its reasoning. Throws UnexpectedAnswerError. */
export function readChatChoice({ message, finish_reason }: ChatChoice): Completion {
  if (!message && !finish_reason) throw new UnexpectedAnswerError('in its answer, a choice has no message')
  const { content, reasoning_content, reasoning, refusal: refused } = message ?? {}
  const parts = typeof content === 'string' ? { text: content } : readParts(content ?? [])
  const refusal = refused || parts.refusal
  const { text, thought } = withoutThought(parts.text)
  const thoughts = [reasoning_content || reasoning, parts.thought, thought].filter(Boolean).join('\n')
  return completionOf(text, {
    reason: refusal ? 'refusal' : reasonOf(finish_reason),
    ...(thoughts !== '' && { reasoning: thoughts }),
    ...(refusal && { refusal }),
  })
}

/** A model's continuation of a text, without its reasoning. */
export function readTextChoice({ text: written, finish_reason }: TextChoice): Completion {
  const { text, thought } = withoutThought(written ?? '')
  return completionOf(text, { reason: reasonOf(finish_reason), ...(thought && { reasoning: thought }) })
}

/** The longest name that is kept. */
const LONGEST_NAME = 200

/** Adds to a completion what its answer says about the model. */
export function withAnsweredBy(completion: Completion, answer: object): Completion {
  const { model, system_fingerprint } = answer as Record<string, unknown>
  const names = Object.entries({ model, system_fingerprint }).flatMap(([key, name]) =>
    typeof name === 'string' && name !== '' ? [[key, name.slice(0, LONGEST_NAME)]] : [],
  )
  if (names.length === 0) return completion
  const answered_by: AnsweredBy = Object.fromEntries(names)
  return { ...completion, ending: { ...completion.ending, answered_by } }
}

function completionOf(text: string, ending: Ending): Completion {
  return { text, ending }
}

/** Content as a list of parts, as some servers give it. */
function readParts(parts: readonly unknown[]): { text: string; thought?: string; refusal?: string } {
  const read = { text: '', thought: '', refusal: '' }
  for (const part of parts) {
    const { type = 'text', ...rest } = (typeof part === 'string' ? { text: part } : (part ?? {})) as Part
    const kind = type === 'refusal' ? 'refusal' : /think|reason/.test(type) ? 'thought' : 'text'
    const [words = ''] = [rest.text, rest.refusal, rest.thinking, rest.reasoning].filter(
      (value) => typeof value === 'string',
    )
    read[kind] += words
  }
  return read
}

interface Part {
  type?: string
  text?: string
  refusal?: string
  thinking?: string
  reasoning?: string
}

/** The servers' names for the four endings that matter here. */
const REASONS: Readonly<Record<string, string>> = {
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  blocklist: 'content_filter',
  prohibited_content: 'content_filter',
  recitation: 'content_filter',
  safety: 'content_filter',
  sensitive: 'content_filter',
}

function reasonOf(reason: string | null | undefined): string {
  if (!reason) return 'unknown'
  const name = reason.toLowerCase()
  return REASONS[name] ?? name
}
