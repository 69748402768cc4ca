import type { FromSchema } from 'json-schema-to-ts'

/** The fields that we read of a file on a server with OpenAI's API. */
export const storedFileSchema = {
  $id: 'stored-file',
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string', minLength: 1 },
    bytes: { type: ['integer', 'null'] },
    /** OpenAI uses `uploaded`, `processed` and `error`; Azure adds `pending` and `running`, among others. */
    status: { type: ['string', 'null'] },
    /** Why the status is `error`. */
    status_details: { type: ['string', 'null'] },
  },
} as const

export type StoredFile = FromSchema<typeof storedFileSchema>
