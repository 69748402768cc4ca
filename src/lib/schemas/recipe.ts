import type { FromSchema } from 'json-schema-to-ts'

const count = { type: 'integer', minimum: 0 } as const
const positive = { type: 'integer', minimum: 1 } as const

/**
 * How a model is trained. For a model trained from scratch, the number of epochs is raised if the data set is so small
 * that they would teach it nothing.
 */
const training = {
  type: 'object',
  required: ['n_epochs', 'batch_size', 'learning_rate_multiplier'],
  properties: {
    n_epochs: positive,
    batch_size: positive,
    learning_rate_multiplier: { type: 'number', exclusiveMinimum: 0 },
    /** Share of channels that are dropped in training; the engine's default if absent. */
    dropout: { type: 'number', minimum: 0, maximum: 0.9 },
    /** How a pretrained model is trained: all its weights (the default), or an adapter beside them. */
    method: { enum: ['full', 'lora'] },
    lora_rank: positive,
    lora_alpha: { type: 'number', exclusiveMinimum: 0 },
    lora_targets: { type: 'string', minLength: 1 },
  },
  additionalProperties: false,
} as const

/** Settings of a reproduction of experiment 1: `data/recipes/*.json`, or a user's own file. */
export const reverseRecipeSchema = {
  $id: 'reverse-recipe',
  type: 'object',
  required: ['experiment', 'dataset', 'training'],
  properties: {
    experiment: { const: 'reverse' },
    /** One line, for lists. */
    summary: { type: 'string', minLength: 1 },
    dataset: {
      type: 'object',
      required: ['num_examples_per_group', 'num_train_examples', 'num_test_examples'],
      properties: {
        num_examples_per_group: { type: 'integer', minimum: 2 },
        num_train_examples: positive,
        num_test_examples: positive,
      },
      additionalProperties: false,
    },
    training,
  },
  additionalProperties: false,
} as const

/** Settings of a reproduction of experiment 3. */
export const instructionsRecipeSchema = {
  $id: 'instructions-recipe',
  type: 'object',
  required: ['experiment', 'dataset', 'training'],
  properties: {
    experiment: { const: 'instructions' },
    summary: { type: 'string', minLength: 1 },
    dataset: {
      type: 'object',
      required: [
        'realized_guidance_size',
        'unrealized_guidance_size',
        'guidance_size_range',
        'upsample_examples_factor',
        'upsample_guidances_factor',
      ],
      properties: {
        realized_guidance_size: positive,
        unrealized_guidance_size: positive,
        /** Smallest and largest number of guidances in a document. */
        guidance_size_range: { type: 'array', items: positive, minItems: 2, maxItems: 2 },
        upsample_examples_factor: count,
        upsample_guidances_factor: positive,
      },
      additionalProperties: false,
    },
    training,
  },
  additionalProperties: false,
} as const

export type ReverseRecipe = FromSchema<typeof reverseRecipeSchema>
export type InstructionsRecipe = FromSchema<typeof instructionsRecipeSchema>
export type Recipe = ReverseRecipe | InstructionsRecipe
