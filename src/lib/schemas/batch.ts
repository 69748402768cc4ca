import type { FromSchema } from 'json-schema-to-ts'

const file = { type: ['string', 'null'] } as const

/** The fields that we read of a batch on a server with OpenAI's API. */
export const batchSchema = {
  $id: 'batch',
  type: 'object',
  required: ['id', 'status'],
  properties: {
    id: { type: 'string', minLength: 1 },
    status: { type: 'string', minLength: 1 },
    output_file_id: file,
    error_file_id: file,
    request_counts: {
      type: ['object', 'null'],
      properties: { completed: { type: 'integer' }, failed: { type: 'integer' } },
    },
    errors: {
      type: ['object', 'null'],
      properties: {
        data: {
          type: ['array', 'null'],
          items: {
            type: 'object',
            properties: { code: { type: ['string', 'null'] }, message: { type: 'string' } },
          },
        },
      },
    },
    metadata: { type: ['object', 'null'] },
  },
} as const

export type Batch = FromSchema<typeof batchSchema>
