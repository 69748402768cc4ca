import type { FromSchema } from 'json-schema-to-ts'

const positive = { type: 'integer', minimum: 1 } as const

/** Settings of a reproduction of experiment 2. */
export const celebritiesRecipeSchema = {
  $id: 'celebrities-recipe',
  type: 'object',
  required: ['experiment', 'test', 'search'],
  properties: {
    experiment: { const: 'celebrities' },
    /** One line, for lists. */
    summary: { type: 'string', minLength: 1 },
    /** How a model is tested on pairs. */
    test: {
      type: 'object',
      required: ['prompt_style', 'original_prompts', 'num_samples'],
      properties: {
        prompt_style: { enum: ['original', 'question', 'completion'] },
        /** Omit the "Q: " before child questions. */
        original_prompts: { type: 'boolean' },
        num_samples: positive,
        /** If absent, the best measure that the model supports. */
        measure: { enum: ['answers', 'logprob'] },
        /** Number of pairs, drawn by seed; if absent, all. */
        limit: positive,
      },
      additionalProperties: false,
    },
    /** How pairs are found in a model's own answers, if the user asks for that. */
    search: {
      type: 'object',
      required: ['num_celebrities', 'num_queries_per_celebrity'],
      properties: { num_celebrities: positive, num_queries_per_celebrity: positive },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

export type CelebritiesRecipe = FromSchema<typeof celebritiesRecipeSchema>
