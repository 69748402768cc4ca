import type { FromSchema } from 'json-schema-to-ts'
import { serverSchema } from './server.ts'

/** `batches.json` beside a journal: what was sent to the Batch API, to be collected now or later. No key is in it. */
export const batchesSchema = {
  $id: 'batches',
  type: 'object',
  required: ['server', 'address', 'batches'],
  properties: {
    server: serverSchema,
    /** The model and how it is spoken to. */
    address: {
      type: 'object',
      required: ['model', 'api'],
      properties: {
        model: { type: 'string' },
        api: { type: 'string', enum: ['chat', 'completions'] },
        system: { type: 'string' },
        parameters: { type: 'object' },
      },
      additionalProperties: false,
    },
    /** Input files that the server got, so that none is sent a second time. */
    uploads: {
      type: 'array',
      items: {
        type: 'object',
        required: ['sha256', 'file_id'],
        properties: {
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          /** The server's name for it. */
          file_id: { type: 'string', minLength: 1 },
        },
        additionalProperties: false,
      },
    },
    batches: {
      type: 'array',
      items: {
        type: 'object',
        required: ['key', 'custom_ids', 'status', 'collected'],
        properties: {
          /** Our own name for it, in its metadata at the server. */
          key: { type: 'string' },
          /** The server's name for it; absent where it is not known whether the server has it. */
          id: { type: 'string' },
          custom_ids: { type: 'array', items: { type: 'string' } },
          /** As the server says it, or `submitting`. */
          status: { type: 'string' },
          /** Why it failed as a whole. */
          error_code: { type: 'string' },
          /** Nothing more is to be got from it. */
          collected: { type: 'boolean' },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const

export type BatchesRecord = FromSchema<typeof batchesSchema>
