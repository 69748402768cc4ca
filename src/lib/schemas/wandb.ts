import type { FromSchema } from 'json-schema-to-ts'

/** A place for runs on a W&B server. */
const destination = {
  base_url: { type: 'string', minLength: 1 },
  entity: { type: 'string', minLength: 1 },
  project: { type: 'string', minLength: 1 },
} as const

/** `wandb.json`: what was sent to Weights & Biases for a run, and what waits to be sent. */
export const wandbMemorySchema = {
  $id: 'wandb-memory',
  type: 'object',
  required: ['waiting', 'destinations'],
  properties: {
    /** Absolute path of the data set, if the run records how a data set was made. */
    dataset: { type: 'string' },
    /** Requested but not done yet; without an entity, that of the API key is used. */
    waiting: {
      type: 'array',
      items: {
        type: 'object',
        required: ['base_url', 'project'],
        properties: destination,
        additionalProperties: false,
      },
    },
    destinations: {
      type: 'array',
      items: {
        type: 'object',
        required: ['base_url', 'entity', 'project', 'tags', 'config', 'lines', 'files'],
        properties: {
          ...destination,
          /** The last time that W&B was up to date. */
          synced_at: { type: 'string', format: 'date-time' },
          /** Tags that both sides had at that time. */
          tags: { type: 'array', items: { type: 'string' } },
          /** Config values set by the user, which override those of the run. */
          config: { type: 'object' },
          /** Parts of the history, in the order in which they were given their lines. */
          lines: {
            type: 'array',
            items: {
              type: 'object',
              required: ['of', 'first_step', 'last_step', 'offset', 'count', 'sent'],
              properties: {
                /** `steps`, or the key of the record that its single line holds. */
                of: { type: 'string' },
                first_step: { type: 'integer', minimum: 0 },
                last_step: { type: 'integer', minimum: 0 },
                /** Line of W&B's history file; null if another machine sent it. */
                offset: { type: ['integer', 'null'], minimum: 0 },
                count: { type: 'integer', minimum: 0 },
                /** Whether the server has confirmed it. */
                sent: { type: 'boolean' },
              },
              additionalProperties: false,
            },
          },
          /** SHA-256 of each uploaded file, by its name. */
          files: { type: 'object', additionalProperties: { type: 'string' } },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const

export type WandbMemory = FromSchema<typeof wandbMemorySchema>
export type WandbDestination = WandbMemory['destinations'][number]
export type WandbLines = WandbDestination['lines'][number]
export type WandbWaiting = WandbMemory['waiting'][number]
