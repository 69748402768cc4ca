import type { FromSchema } from 'json-schema-to-ts'

const count = { type: 'integer', minimum: 0 } as const
const positive = { type: 'integer', minimum: 1 } as const

/** Of a local model; epochs rise where the data set is so small that they would teach nothing. */
const training = {
  type: 'object',
  required: ['n_epochs', 'batch_size', 'learning_rate_multiplier'],
  properties: {
    n_epochs: positive,
    batch_size: positive,
    learning_rate_multiplier: { type: 'number', exclusiveMinimum: 0 },
    /** Share of channels that are dropped in training; the engine's default where it is absent. */
    dropout: { type: 'number', minimum: 0, maximum: 0.9 },
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
    /** One line for lists. */
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
        /** Fewest and most guidances in a document. */
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

/** A way to train that is compared with others: a transform of the training data, another objective, or both. */
const arm = {
  type: 'object',
  required: ['name', 'summary'],
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 60 },
    /** What its training data hold, in one line. */
    summary: { type: 'string', minLength: 1 },
    /** Applied in this order; none for the facts as they are. */
    transforms: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          /** Of a built-in transform, or PACKAGE/NAME of a plugin's. */
          name: { type: 'string', minLength: 1 },
          options: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
        },
        additionalProperties: false,
      },
    },
    /** What the model learns to predict; the next token where it is absent. */
    objective: { type: 'string', minLength: 1 },
    /** Where it was proposed. */
    paper: {
      type: 'object',
      required: ['cite', 'arxiv', 'finding'],
      properties: {
        cite: { type: 'string', minLength: 1 },
        arxiv: { type: 'string', pattern: '^[0-9]{4}\\.[0-9]{5}$' },
        finding: { type: 'string', minLength: 1 },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

/** Settings of a comparison of what lifts the curse, on the data of experiment 1. */
export const curesRecipeSchema = {
  $id: 'cures-recipe',
  type: 'object',
  required: ['experiment', 'dataset', 'training', 'seeds', 'arms'],
  properties: {
    experiment: { const: 'cures' },
    summary: { type: 'string', minLength: 1 },
    dataset: reverseRecipeSchema.properties.dataset,
    /** Of the first arm; the others train on as many tokens, or for as many epochs. */
    training,
    /** Where none are given. */
    seeds: { type: 'array', items: { type: 'integer' }, minItems: 1, uniqueItems: true },
    /** The first is what the others are compared with. */
    arms: { type: 'array', items: arm, minItems: 2 },
  },
  additionalProperties: false,
} as const

export type ReverseRecipe = FromSchema<typeof reverseRecipeSchema>
export type InstructionsRecipe = FromSchema<typeof instructionsRecipeSchema>
export type CuresRecipe = FromSchema<typeof curesRecipeSchema>
export type ArmRecipe = CuresRecipe['arms'][number]
export type Recipe = ReverseRecipe | InstructionsRecipe | CuresRecipe
