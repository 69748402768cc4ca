import type { FromSchema } from 'json-schema-to-ts'

/** A line of a training or test file; its other fields (ids, realized …) are kept unchanged. */
export const promptCompletionSchema = {
  $id: 'prompt-completion',
  type: 'object',
  required: ['prompt', 'completion'],
  properties: { prompt: { type: 'string' }, completion: { type: 'string' } },
} as const

export type PromptCompletion = FromSchema<typeof promptCompletionSchema>
