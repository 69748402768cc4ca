import type { FromSchema } from 'json-schema-to-ts'

const day = { type: 'string', format: 'date' } as const

/** What OpenAI has announced to end: `data/shutdowns/*.json`. */
export const shutdownsSchema = {
  $id: 'shutdowns',
  type: 'object',
  required: ['date', 'source', 'job_creation_ends', 'models'],
  properties: {
    /** Day of the list. */
    date: day,
    source: { type: 'string', minLength: 1 },
    /** From this day on nobody can create fine-tuning jobs. */
    job_creation_ends: day,
    /** The day on which each model is shut down, and what is fine-tuned on it. */
    models: { type: 'object', additionalProperties: day },
  },
  additionalProperties: false,
} as const

export type Shutdowns = FromSchema<typeof shutdownsSchema>
