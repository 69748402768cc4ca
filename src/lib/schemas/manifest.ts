import type { FromSchema } from 'json-schema-to-ts'

/** `manifest.json` of a data set: how it was made and what it holds. */
export const datasetManifestSchema = {
  $id: 'dataset-manifest',
  type: 'object',
  required: ['kind', 'name', 'command', 'seed', 'options', 'files', 'tool_version', 'created_at'],
  properties: {
    /** Such as `reverse` (experiment 1) or `instructions` (experiment 3). */
    kind: { type: 'string', minLength: 1 },
    name: { type: 'string', minLength: 1 },
    /** The command line that reproduces it. */
    command: { type: 'string', minLength: 1 },
    seed: { type: 'integer' },
    /** The generator's options, by name. */
    options: { type: 'object' },
    /** The files of facts that it was made from, by their content. */
    facts: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['file', 'sha256'],
        properties: { file: { type: 'string' }, sha256: { type: 'string' } },
        additionalProperties: false,
      },
    },
    /** Lines and checksum of each file, by its name. */
    files: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['lines', 'sha256'],
        properties: {
          lines: { type: 'integer', minimum: 0 },
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
        },
        additionalProperties: false,
      },
    },
    /** The data set whose training file was transformed: its name and the hash of its files. */
    parent: {
      type: 'object',
      required: ['name', 'hash'],
      properties: { name: { type: 'string' }, hash: { type: 'string' } },
      additionalProperties: false,
    },
    /** The transforms that made the training file from `all_untransformed.jsonl`, in this order. */
    transforms: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'plugin', 'options', 'seed'],
        properties: {
          name: { type: 'string' },
          plugin: { type: 'string' },
          options: { type: 'object' },
          seed: { type: 'integer' },
        },
        additionalProperties: false,
      },
    },
    notes: { type: 'string' },
    tool_version: { type: 'string' },
    created_at: { type: 'string', format: 'date-time' },
  },
  additionalProperties: false,
} as const

export type DatasetManifest = FromSchema<typeof datasetManifestSchema>
