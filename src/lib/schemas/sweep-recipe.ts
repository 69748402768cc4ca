import type { FromSchema } from 'json-schema-to-ts'

const numbers = { type: 'array', items: { type: 'number', exclusiveMinimum: 0 }, minItems: 1 } as const
const counts = { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 1 } as const

/** A grid of settings: a run is made for every combination. */
export const sweepRecipeSchema = {
  $id: 'sweep-recipe',
  type: 'object',
  required: ['experiment', 'grid'],
  properties: {
    experiment: { const: 'sweep' },
    /** One line, for lists. */
    summary: { type: 'string', minLength: 1 },
    /** Absent settings are the defaults of `finetune:start`. */
    grid: {
      type: 'object',
      properties: {
        models: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
        learning_rate_multipliers: numbers,
        batch_sizes: counts,
        n_epochs: counts,
        seeds: { type: 'array', items: { type: 'integer' }, minItems: 1 },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

export type SweepRecipe = FromSchema<typeof sweepRecipeSchema>
