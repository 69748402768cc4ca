import type { FromSchema } from 'json-schema-to-ts'

const text = { type: ['string', 'null'] } as const
const count = { type: ['integer', 'null'], minimum: 0 } as const
/** Seconds since 1970, within the range of a JavaScript Date. */
const moment = { type: 'integer', minimum: 0, maximum: 8_640_000_000_000 } as const

/** The fields that we read of a fine-tuning job on a server with OpenAI's API. */
export const fineTuningJobSchema = {
  $id: 'fine-tuning-job',
  type: 'object',
  required: ['id', 'status', 'model', 'created_at'],
  properties: {
    id: { type: 'string', minLength: 1 },
    /** Any string: OpenAI sends `paused` and `pausing`, too, which its API description omits. */
    status: { type: 'string', minLength: 1 },
    model: { type: 'string', minLength: 1 },
    created_at: moment,
    finished_at: { ...moment, type: ['integer', 'null'] },
    fine_tuned_model: text,
    training_file: text,
    validation_file: text,
    /** Tokens that are billed. */
    trained_tokens: count,
    seed: { type: ['integer', 'null'] },
    error: { type: ['object', 'null'], properties: { message: text } },
    result_files: { type: ['array', 'null'], items: { type: 'string' } },
    hyperparameters: { type: ['object', 'null'] },
    metadata: { type: ['object', 'null'] },
  },
} as const

export type FineTuningJob = FromSchema<typeof fineTuningJobSchema>

/** The fields that we read of a job's event. */
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

/** The fields that we read of a job's checkpoint: the model as it was after an epoch. */
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
