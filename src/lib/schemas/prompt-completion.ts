import type { FromSchema } from 'json-schema-to-ts'

/** A line of a training or test file; what else it holds (ids, realized …) is kept as it is. */
export const promptCompletionSchema = {
  $id: 'prompt-completion',
  type: 'object',
  required: ['prompt', 'completion'],
  properties: { prompt: { type: 'string' }, completion: { type: 'string' } },
} as const

export type PromptCompletion = FromSchema<typeof promptCompletionSchema>
