import type { FromSchema } from 'json-schema-to-ts'
import { serverSchema } from './server.ts'

/** `batches.json`, next to a journal: what was sent to the Batch API, to be collected now or later. It holds no key. */
export const batchesSchema = {
  $id: 'batches',
  type: 'object',
  required: ['server', 'address', 'batches'],
  properties: {
    server: serverSchema,
    /** The model, its server and how it is prompted. */
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
    /** Input files that the server has, so that none is sent twice. */
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
          /** Our own ID for it, stored in its metadata on the server. */
          key: { type: 'string' },
          /** The server's ID for it; absent if it is not known whether the server has it. */
          id: { type: 'string' },
          custom_ids: { type: 'array', items: { type: 'string' } },
          /** The server's word for it, or `submitting`. */
          status: { type: 'string' },
          /** Why it failed as a whole. */
          error_code: { type: 'string' },
          /** True once everything in it has been fetched. */
          collected: { type: 'boolean' },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const

export type BatchesRecord = FromSchema<typeof batchesSchema>
