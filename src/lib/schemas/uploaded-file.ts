import type { FromSchema } from 'json-schema-to-ts'

/** A line of `uploads.jsonl` in the folder of the runs: a training file that a server has. */
export const uploadedFileSchema = {
  $id: 'uploaded-file',
  type: 'object',
  required: ['sha256', 'bytes', 'file_id', 'base_url', 'organization', 'project', 'uploaded_at'],
  properties: {
    /** Checksum of the file as it was sent. */
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    bytes: { type: 'integer', minimum: 0 },
    /** The server's name for it. */
    file_id: { type: 'string', minLength: 1 },
    base_url: { type: 'string' },
    organization: { type: ['string', 'null'] },
    project: { type: ['string', 'null'] },
    uploaded_at: { type: 'string', format: 'date-time' },
  },
  additionalProperties: false,
} as const

export type UploadedFile = FromSchema<typeof uploadedFileSchema>
