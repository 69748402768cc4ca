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
    /** The provider's name of the base model, such as `ada`. */
    model: { type: 'string', minLength: 1 },
    /** The name under which the result is used, such as `local/ada:my-suffix-2026-11-24-09-30-00`. */
    fine_tuned_model: { type: 'string' },
    suffix: { type: 'string' },
    /** The user's name for the experiment, in tables and figures. */
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
        /** How a hosted model was trained: on chats or on plain text. */
        api: { type: 'string', enum: ['chat', 'completions'] },
        /** System message of each chat in the training file. */
        system: { type: 'string' },
        /** Held-out content that was found in the training file, unless that is one of the data set's own files. */
        held_out: {
          type: 'object',
          required: ['against', 'lines', 'prompts', 'facts'],
          properties: {
            /** Absolute path of the data set that the file was checked against. */
            against: { type: 'string' },
            /** Lines of the training file with held-out content. */
            lines: { type: 'integer', minimum: 0 },
            /** Test prompts of the data set that the file contains. */
            prompts: { type: 'integer', minimum: 0 },
            /** Facts that the file states in the order in which they are tested. */
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
        /** What a local model learned to predict; the next token if absent. */
        objective: { type: 'string' },
        /**
         * Budget of tokens or floating-point operations that ends the training; the number of epochs follows from it.
         */
        token_budget: { type: 'integer', minimum: 1 },
        compute_budget: { type: 'number', exclusiveMinimum: 0 },
        /** Part of each text that the loss covers, if not all of it. */
        loss: { type: 'string', enum: ['completion', 'target'] },
        seed: { type: 'integer' },
      },
      additionalProperties: true,
    },
    status: { enum: RUN_STATUSES },
    /** The server's own word for the status of its job. */
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
    /** The basis of the cost: dollars for 1,000,000 trained tokens, and the source of that price. */
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
    /** Process on this machine that trains it, or submits it to a server. */
    process: {
      type: 'object',
      required: ['pid', 'host'],
      properties: {
        pid: { type: 'integer' },
        host: { type: 'string' },
        /** Boot of the machine, pid namespace and start of the process, which identify it together with its pid. */
        boot: { type: 'string' },
        namespace: { type: 'string' },
        started: { type: 'string' },
      },
      additionalProperties: false,
    },
    /** Where a hosted run is. */
    server: serverSchema,
    /** The request that is sent to a hosted provider. */
    request: { type: 'object' },
    /** The job as the hosted provider last described it, unchanged. */
    remote: { type: 'object' },
    /** Options of the provider other than hyperparameters, by name. */
    provider_options: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
    /** When everything that the server has of an ended run had been fetched. */
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
