import type { FromSchema } from 'json-schema-to-ts'

/** What we read of a file at a server that speaks OpenAI's API. */
export const storedFileSchema = {
  $id: 'stored-file',
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string', minLength: 1 },
    bytes: { type: ['integer', 'null'] },
    /** OpenAI's are `uploaded`, `processed`, `error`; Azure's include `pending` and `running`. */
    status: { type: ['string', 'null'] },
    /** Why there is an error. */
    status_details: { type: ['string', 'null'] },
  },
} as const

export type StoredFile = FromSchema<typeof storedFileSchema>
