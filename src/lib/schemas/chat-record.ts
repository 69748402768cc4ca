import type { FromSchema } from 'json-schema-to-ts'

/** A line of a training file for chat models, in OpenAI's format. */
export const chatRecordSchema = {
  $id: 'chat-record',
  type: 'object',
  required: ['messages'],
  properties: {
    messages: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['role'],
        properties: {
          role: { type: 'string', enum: ['system', 'developer', 'user', 'assistant', 'tool'] },
          /** Text, a list of text and image parts, or null if a message only calls tools. */
          content: { type: ['string', 'array', 'null'] },
          name: { type: 'string' },
          /** Whether the model is trained on this message of the assistant. */
          weight: { type: 'integer', enum: [0, 1] },
        },
      },
      contains: { type: 'object', properties: { role: { const: 'assistant' } } },
    },
  },
} as const

export type ChatRecord = FromSchema<typeof chatRecordSchema>
