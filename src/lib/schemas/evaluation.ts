import type { FromSchema } from 'json-schema-to-ts'

/** A line of `samples.jsonl`, the journal of an evaluation: one prompt, answered and scored. */
export const scoredSampleSchema = {
  $id: 'scored-sample',
  type: 'object',
  required: ['id', 'split', 'prompt', 'target', 'completions', 'scores', 'measures'],
  properties: {
    id: { type: 'string', minLength: 1 },
    split: { type: 'string', minLength: 1 },
    prompt: { type: 'string' },
    target: { type: 'string' },
    completions: { type: 'array', items: { type: 'string' } },
    scoreTargets: { type: 'array', items: { type: 'string' } },
    scores: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        required: ['logprob', 'tokens'],
        properties: { logprob: { type: 'number' }, tokens: { type: 'integer', minimum: 0 } },
        additionalProperties: false,
      },
    },
    measures: { type: 'object', additionalProperties: { type: ['number', 'null'] } },
    metadata: { type: 'object' },
  },
  additionalProperties: false,
} as const

export type ScoredSample = FromSchema<typeof scoredSampleSchema>

/** `summary.json` of an evaluation. */
export const evaluationSummarySchema = {
  $id: 'evaluation-summary',
  type: 'object',
  required: ['id', 'run_id', 'model', 'evaluator', 'dataset', 'arguments', 'status', 'created_at', 'splits'],
  properties: {
    id: { type: 'string', minLength: 1 },
    run_id: { type: ['string', 'null'] },
    model: { type: 'string' },
    evaluator: {
      type: 'object',
      required: ['name', 'version'],
      properties: { name: { type: 'string' }, version: { type: 'integer' }, plugin: { type: 'string' } },
      additionalProperties: false,
    },
    dataset: {
      type: 'object',
      required: ['directory', 'hash'],
      properties: { directory: { type: 'string' }, name: { type: 'string' }, hash: { type: 'string' } },
      additionalProperties: false,
    },
    /** What the evaluation was asked to do; the same arguments name the same evaluation. */
    arguments: {
      type: 'object',
      properties: {
        splits: { type: 'array', items: { type: 'string' } },
        max_samples: { type: 'integer' },
        max_tokens: { type: 'integer' },
        /** All candidate answers are scored, to rank the right one among them. */
        rank_all: { type: 'boolean' },
      },
      additionalProperties: false,
    },
    /** How a hosted model was asked: with the model, all that its name in `model` stands for. No key is in it. */
    address: {
      type: 'object',
      required: ['base_url', 'model', 'api'],
      properties: {
        base_url: { type: 'string' },
        model: { type: 'string' },
        api: { type: 'string', enum: ['chat', 'completions'] },
        system: { type: 'string' },
        parameters: { type: 'object' },
      },
      additionalProperties: false,
    },
    status: { type: 'string', enum: ['running', 'interrupted', 'complete'] },
    created_at: { type: 'string', format: 'date-time' },
    finished_at: { type: 'string', format: 'date-time' },
    duration_s: { type: 'number', minimum: 0 },
    /** Why likelihoods are missing, where they are. */
    scoring_unavailable: { type: 'string' },
    tool_version: { type: 'string' },
    splits: {
      type: 'array',
      items: {
        type: 'object',
        required: ['split', 'samples', 'metrics'],
        properties: {
          split: { type: 'string' },
          samples: { type: 'integer', minimum: 0 },
          metrics: { type: 'object', additionalProperties: { type: ['number', 'null'] } },
        },
        additionalProperties: false,
      },
    },
    /** Differences between splits, first minus second, such as the reversal gap. */
    contrasts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'measure', 'first', 'second', 'facts', 'estimate', 'low', 'high', 'confidence'],
        properties: {
          name: { type: 'string' },
          measure: { type: 'string' },
          first: { type: 'string' },
          second: { type: 'string' },
          /** Facts that both splits ask for; the interval is clustered by them. */
          facts: { type: 'integer', minimum: 0 },
          estimate: { type: ['number', 'null'] },
          low: { type: ['number', 'null'] },
          high: { type: ['number', 'null'] },
          confidence: { type: 'number' },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const

export type EvaluationSummary = FromSchema<typeof evaluationSummarySchema>
