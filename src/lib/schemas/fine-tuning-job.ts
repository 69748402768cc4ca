import type { FromSchema } from 'json-schema-to-ts'

const text = { type: ['string', 'null'] } as const
const count = { type: ['integer', 'null'], minimum: 0 } as const
/** Seconds since 1970, within what a date can be. */
const moment = { type: 'integer', minimum: 0, maximum: 8_640_000_000_000 } as const

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
    created_at: moment,
    finished_at: { ...moment, type: ['integer', 'null'] },
    fine_tuned_model: text,
    training_file: text,
    validation_file: text,
    /** Billed. */
    trained_tokens: count,
    seed: { type: ['integer', 'null'] },
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
    created_at: moment,
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
    created_at: moment,
    fine_tuned_model_checkpoint: { type: 'string' },
    step_number: { type: 'integer', minimum: 0 },
    metrics: { type: ['object', 'null'] },
  },
} as const

export type JobCheckpoint = FromSchema<typeof jobCheckpointSchema>
