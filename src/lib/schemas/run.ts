import type { FromSchema } from 'json-schema-to-ts'
import { RUN_STATUSES } from './run-status.ts'
import { serverSchema } from './server.ts'

/** `run.json`: one fine-tuning run, local or hosted. */
export const runRecordSchema = {
  $id: 'run',
  type: 'object',
  required: [
    'id',
    'provider',
    'model',
    'dataset',
    'hyperparameters',
    'status',
    'tags',
    'created_at',
    'tool_version',
  ],
  properties: {
    id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]*$', maxLength: 200 },
    provider: { type: 'string', minLength: 1 },
    /** The base model as the provider names it, such as `ada`. */
    model: { type: 'string', minLength: 1 },
    /** The name under which the result is used, such as `local/ada:my-suffix-2026-11-24-09-30-00`. */
    fine_tuned_model: { type: 'string' },
    suffix: { type: 'string' },
    /** What its user calls the experiment, in tables and figures. */
    label: { type: 'string', minLength: 1 },
    dataset: {
      type: 'object',
      required: ['name', 'training_file'],
      properties: {
        name: { type: 'string' },
        /** Absolute path of the data set's directory. */
        directory: { type: 'string' },
        training_file: { type: 'string' },
        training_sha256: { type: 'string' },
        validation_file: { type: 'string' },
        validation_sha256: { type: 'string' },
        n_train: { type: 'integer', minimum: 0 },
        n_valid: { type: 'integer', minimum: 0 },
        /** How a hosted model was taught: in chats or in plain text. */
        api: { type: 'string', enum: ['chat', 'completions'] },
        /** Message of the system in each chat that it was taught with. */
        system: { type: 'string' },
        /** What the training file, where it is not one of the data set's own, holds of what is to be held out. */
        held_out: {
          type: 'object',
          required: ['against', 'lines', 'prompts', 'facts'],
          properties: {
            /** Absolute path of the data set that it was checked against. */
            against: { type: 'string' },
            /** Lines of the training file that hold something of it. */
            lines: { type: 'integer', minimum: 0 },
            /** Test prompts of the data set that are trained. */
            prompts: { type: 'integer', minimum: 0 },
            /** Facts that are told in the order in which they are tested. */
            facts: { type: 'integer', minimum: 0 },
          },
          additionalProperties: false,
        },
      },
      additionalProperties: false,
    },
    hyperparameters: {
      type: 'object',
      required: ['n_epochs', 'batch_size', 'learning_rate_multiplier'],
      properties: {
        n_epochs: { type: 'number', exclusiveMinimum: 0 },
        batch_size: { type: 'integer', minimum: 1 },
        learning_rate_multiplier: { type: 'number', exclusiveMinimum: 0 },
        /** Share of channels that a local model drops in training. */
        dropout: { type: 'number', minimum: 0, exclusiveMaximum: 1 },
        /** What a local model learned to predict; the next token where it is absent. */
        objective: { type: 'string' },
        /** Tokens or floating-point operations that end the training; its epochs are what they come to. */
        token_budget: { type: 'integer', minimum: 1 },
        compute_budget: { type: 'number', exclusiveMinimum: 0 },
        /** What of each text counts, where it is not all of it. */
        loss: { type: 'string', enum: ['completion', 'target'] },
        seed: { type: 'integer' },
      },
      additionalProperties: true,
    },
    status: { enum: RUN_STATUSES },
    /** The server's own word for it, of a run whose job is at a server. */
    server_status: { type: 'string', minLength: 1 },
    error: { type: 'string' },
    tags: { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true },
    notes: { type: 'string' },
    created_at: { type: 'string', format: 'date-time' },
    started_at: { type: 'string', format: 'date-time' },
    finished_at: { type: 'string', format: 'date-time' },
    progress: {
      type: 'object',
      required: ['step', 'total_steps'],
      properties: {
        step: { type: 'integer', minimum: 0 },
        total_steps: { type: 'integer', minimum: 0 },
        loss: { type: ['number', 'null'] },
        tokens: { type: 'integer', minimum: 0 },
        tokens_per_second: { type: 'number', minimum: 0 },
      },
      additionalProperties: false,
    },
    trained_tokens: { type: 'integer', minimum: 0 },
    /** United States dollars; 0 for a run on this machine. */
    cost_usd: { type: ['number', 'null'] },
    cost_is_estimate: { type: 'boolean' },
    /** What the cost follows from: dollars for 1,000,000 trained tokens, and where that was read. */
    price: {
      type: 'object',
      required: ['training', 'date', 'source'],
      properties: {
        training: { type: 'number', minimum: 0 },
        date: { type: 'string' },
        source: { type: 'string' },
      },
      additionalProperties: false,
    },
    /** Process on this machine that trains it, or hands it to a server. */
    process: {
      type: 'object',
      required: ['pid', 'host'],
      properties: {
        pid: { type: 'integer' },
        host: { type: 'string' },
        /** Start of the machine, space of pids and start of the process: what identifies it beside its pid. */
        boot: { type: 'string' },
        namespace: { type: 'string' },
        started: { type: 'string' },
      },
      additionalProperties: false,
    },
    /** Where a hosted run is. */
    server: serverSchema,
    /** What a hosted provider is asked for, as it is sent. */
    request: { type: 'object' },
    /** What a hosted provider says about its job, kept as it came. */
    remote: { type: 'object' },
    /** What the provider was told beside the hyperparameters, by name. */
    provider_options: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
    /** When all that a server has of an ended run was fetched. */
    collected_at: { type: 'string', format: 'date-time' },
    tool_version: { type: 'string' },
  },
  additionalProperties: false,
} as const

export type RunRecord = FromSchema<typeof runRecordSchema>

/** A line of a run's `events.jsonl`. */
export const runEventSchema = {
  $id: 'run-event',
  type: 'object',
  required: ['at', 'type'],
  properties: {
    at: { type: 'string', format: 'date-time' },
    type: { type: 'string', enum: ['message', 'step', 'validation', 'checkpoint', 'status'] },
    message: { type: 'string' },
    step: { type: 'integer', minimum: 0 },
    loss: { type: ['number', 'null'] },
    tokens: { type: 'integer', minimum: 0 },
    learning_rate: { type: 'number' },
    tokens_per_second: { type: 'number' },
    data: { type: 'object' },
  },
  additionalProperties: false,
} as const

export type RunEvent = FromSchema<typeof runEventSchema>
