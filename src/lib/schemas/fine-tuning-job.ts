import type { FromSchema } from 'json-schema-to-ts'

const text = { type: ['string', 'null'] } as const
const count = { type: ['integer', 'null'] } as const

/** What we read of a fine-tuning job at a server that speaks OpenAI's API. */
export const fineTuningJobSchema = {
  $id: 'fine-tuning-job',
  type: 'object',
  required: ['id', 'status', 'model', 'created_at'],
  properties: {
    id: { type: 'string', minLength: 1 },
    /** An open string: OpenAI's include `paused` and `pausing`, which its own description leaves out. */
    status: { type: 'string', minLength: 1 },
    model: { type: 'string', minLength: 1 },
    /** Seconds since 1970. */
    created_at: { type: 'integer' },
    finished_at: count,
    fine_tuned_model: text,
    training_file: text,
    validation_file: text,
    /** Billed. */
    trained_tokens: count,
    seed: count,
    error: { type: ['object', 'null'], properties: { message: text } },
    result_files: { type: ['array', 'null'], items: { type: 'string' } },
    hyperparameters: { type: ['object', 'null'] },
    metadata: { type: ['object', 'null'] },
  },
} as const

export type FineTuningJob = FromSchema<typeof fineTuningJobSchema>

/** What we read of an event of a job. */
export const jobEventSchema = {
  $id: 'fine-tuning-job-event',
  type: 'object',
  required: ['id', 'created_at', 'message'],
  properties: {
    id: { type: 'string', minLength: 1 },
    created_at: { type: 'integer' },
    level: text,
    message: { type: 'string' },
    type: text,
    data: { type: ['object', 'null'] },
  },
} as const

export type JobEvent = FromSchema<typeof jobEventSchema>

/** What we read of a checkpoint of a job: a model as it was after an epoch. */
export const jobCheckpointSchema = {
  $id: 'fine-tuning-job-checkpoint',
  type: 'object',
  required: ['id', 'created_at', 'fine_tuned_model_checkpoint', 'step_number'],
  properties: {
    id: { type: 'string', minLength: 1 },
    created_at: { type: 'integer' },
    fine_tuned_model_checkpoint: { type: 'string' },
    step_number: { type: 'integer', minimum: 0 },
    metrics: { type: ['object', 'null'] },
  },
} as const

export type JobCheckpoint = FromSchema<typeof jobCheckpointSchema>
