import { ApiError } from './api-error.ts'

/** Answers to a chat that are not simply a text, as servers and gateways give them. */
export const STRANGE_ANSWERS = {
  /** A gateway's error next to empty choices. */
  errorBeside: () => ({
    ...chat({ content: null }),
    error: { message: 'Provider returned error', code: 429 },
  }),
  errorAlone: () => ({ error: { message: 'Upstream provider is rate limited', code: 429 } }),
  errorInChoice: () => {
    const { choices } = chat({ content: null })
    return { choices: [{ ...choices[0], error: { message: 'Upstream failed', code: 502 } }] }
  },
  endedByError: () => chat({ content: 'Half an ans' }, 'error'),
  empty: () => chat({ content: '' }),
  cutWhileThinking: () => chat({ content: '', reasoning_content: 'Let me think' }, 'length'),
  cutInThought: () => chat({ content: '<think>Let me think' }, 'length'),
  filtered: () => chat({ content: null }, 'content_filter'),
  filteredWithoutMessage: () => ({ choices: [{ index: 0, finish_reason: 'SAFETY' }] }),
  refused: () => chat({ content: null, refusal: 'I cannot help with that.' }),
  promptRefused: () => {
    throw new ApiError(400, 'The response was filtered', { code: 'content_filter' })
  },
} satisfies Record<string, () => unknown>

export type StrangeAnswer = keyof typeof STRANGE_ANSWERS

/** The answer of a chat with one message. */
export function chat(message: Record<string, unknown>, finish_reason: string | null = 'stop') {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
  }
}
