import type { FromSchema } from 'json-schema-to-ts'

const day = { type: 'string', format: 'date' } as const

/** Shutdowns that OpenAI has announced: `data/shutdowns/*.json`. */
export const shutdownsSchema = {
  $id: 'shutdowns',
  type: 'object',
  required: ['date', 'source', 'job_creation_ends', 'models'],
  properties: {
    /** Day of the list. */
    date: day,
    source: { type: 'string', minLength: 1 },
    /** First day on which fine-tuning jobs can no longer be created. */
    job_creation_ends: day,
    /** The day on which each model, and everything fine-tuned from it, is shut down. */
    models: { type: 'object', additionalProperties: day },
  },
  additionalProperties: false,
} as const

export type Shutdowns = FromSchema<typeof shutdownsSchema>
