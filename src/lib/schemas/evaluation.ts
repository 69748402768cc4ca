import type { FromSchema } from 'json-schema-to-ts'
import { answeredBySchema, endingSchema } from './completion.ts'
import { metricDescriptionSchema } from './metric.ts'

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
    /** Without the model's reasoning. */
    completions: { type: 'array', items: { type: 'string' } },
    /** How each completion ended, if the model reports it. */
    endings: {
      type: 'array',
      items: { ...endingSchema, additionalProperties: false },
    },
    /** Why the first completion is not an answer; absent if it is one. */
    no_answer: { type: 'string', enum: ['empty', 'cut_off', 'filtered', 'refused'] },
    scoreTargets: { type: 'array', items: { type: 'string' } },
    scores: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        required: ['logprob', 'tokens'],
        properties: {
          logprob: { type: 'number' },
          tokens: { type: 'integer', minimum: 0 },
          /** The true value is at most `logprob`: the server does not report lower ones. */
          clamped: { type: 'boolean', const: true },
        },
        additionalProperties: false,
      },
    },
    /** Why this sample has no scores although the model can score others. */
    unscored: { type: 'string' },
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
    /** The question that the evaluation asks; the same arguments make the same evaluation. */
    arguments: {
      type: 'object',
      properties: {
        splits: { type: 'array', items: { type: 'string' } },
        max_samples: { type: 'integer' },
        max_tokens: { type: 'integer' },
        /** True if all candidate answers are scored, to rank the right one among them. */
        rank_all: { type: 'boolean' },
        /** Options of the evaluator that differ from its defaults. */
        evaluator_options: {
          type: 'object',
          additionalProperties: { type: ['string', 'number', 'boolean'] },
        },
      },
      additionalProperties: false,
    },
    /**
     * How a hosted model was prompted: together with the model, everything that its name in `model` stands for. It
     * holds no key.
     */
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
    /** Why likelihoods are missing, if they are. */
    scoring_unavailable: { type: 'string' },
    tool_version: { type: 'string' },
    /** Answers of a local model that were repeated at the end, one at a time, and stayed the same. */
    asked_alone: {
      type: 'object',
      required: ['completions', 'scores', 'largest_difference'],
      properties: {
        completions: { type: 'integer', minimum: 0 },
        scores: { type: 'integer', minimum: 0 },
        /** Largest difference between two scores of one target, in nats per token. */
        largest_difference: { type: 'number', minimum: 0 },
      },
      additionalProperties: false,
    },
    splits: {
      type: 'array',
      items: {
        type: 'object',
        required: ['split', 'samples', 'metrics'],
        properties: {
          split: { type: 'string' },
          samples: { type: 'integer', minimum: 0 },
          /** Facts of a direction of training, if they are fewer than its samples and no reversal gap counts them. */
          facts: { type: 'integer', minimum: 1 },
          metrics: { type: 'object', additionalProperties: { type: ['number', 'null'] } },
          /** How many completions are not answers; absent if all are and the model does not report how they ended. */
          no_answers: {
            type: 'object',
            required: ['empty', 'cut_off', 'filtered', 'refused'],
            properties: {
              empty: { type: 'integer', minimum: 0 },
              cut_off: { type: 'integer', minimum: 0 },
              filtered: { type: 'integer', minimum: 0 },
              refused: { type: 'integer', minimum: 0 },
            },
            additionalProperties: false,
          },
          /** Why there is no accuracy: most prompts got no answer. */
          not_measured: { type: 'string' },
          /** Targets whose log-probability is lower than the server reports; means exclude them. */
          clamped_scores: { type: 'integer', minimum: 1 },
        },
        additionalProperties: false,
      },
    },
    /** Descriptions of measures and metrics, by name, as their evaluator gives them. */
    descriptions: { type: 'object', additionalProperties: metricDescriptionSchema },
    /** Prompts that got no answer, and why; the next run repeats them. */
    unanswered: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'reason'],
        properties: { id: { type: 'string' }, reason: { type: 'string' } },
        additionalProperties: false,
      },
    },
    /** How the server identified the models that answered, and how often each, if there are several. */
    answered_by: {
      type: 'array',
      items: {
        type: 'object',
        required: ['answers'],
        properties: { ...answeredBySchema.properties, answers: { type: 'integer', minimum: 1 } },
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
          /** Facts that both splits ask for; the interval is clustered by fact. */
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
