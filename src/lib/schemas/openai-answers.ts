import type { FromSchema } from 'json-schema-to-ts'

/** The fields that we read of an answer from `/chat/completions`. */
export const chatAnswerSchema = {
  $id: 'chat-answer',
  type: 'object',
  required: ['choices'],
  properties: {
    choices: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          /** Missing if the content filter of some servers removed it. */
          message: {
            type: ['object', 'null'],
            properties: {
              /** Some servers send a list of parts. */
              content: { type: ['string', 'null', 'array'] },
              refusal: { type: ['string', 'null'] },
              /** The model's reasoning, by the two names that servers use for it. */
              reasoning_content: { type: ['string', 'null'] },
              reasoning: { type: ['string', 'null'] },
            },
          },
          finish_reason: { type: ['string', 'null'] },
        },
      },
    },
    /** vLLM: a map from token ID to log-probability for each token of the chat, null for the first. */
    prompt_logprobs: { type: ['array', 'null'] },
  },
} as const

export type ChatAnswer = FromSchema<typeof chatAnswerSchema>

/** The fields that we read of an answer from `/completions`. */
export const completionAnswerSchema = {
  $id: 'completion-answer',
  type: 'object',
  required: ['choices'],
  properties: {
    choices: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['text'],
        properties: {
          text: { type: ['string', 'null'] },
          finish_reason: { type: ['string', 'null'] },
          logprobs: { type: ['object', 'null'] },
          /** vLLM, as above. */
          prompt_logprobs: { type: ['array', 'null'] },
        },
      },
    },
    usage: { type: ['object', 'null'] },
  },
} as const

export type CompletionAnswer = FromSchema<typeof completionAnswerSchema>

/** The fields that we read of an answer from `/models/NAME`. */
export const modelAnswerSchema = {
  $id: 'model-answer',
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'string' },
    /** Such as `2027-01-14`. */
    shutdown_date: { type: ['string', 'null'] },
  },
} as const

export type ModelAnswer = FromSchema<typeof modelAnswerSchema>

/** The fields that we read of an answer from `/models`. */
export const modelListSchema = {
  $id: 'model-list',
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id'],
        properties: modelAnswerSchema.properties,
      },
    },
  },
} as const

export type ModelList = FromSchema<typeof modelListSchema>
