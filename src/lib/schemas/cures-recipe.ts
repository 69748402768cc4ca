import type { FromSchema } from 'json-schema-to-ts'
import { reverseRecipeSchema } from './recipe.ts'

/** One arm of the comparison: a transform of the training data, another objective, or both. */
const arm = {
  type: 'object',
  required: ['name', 'summary'],
  properties: {
    name: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 60 },
    /** What its training data contain, in one line. */
    summary: { type: 'string', minLength: 1 },
    /** Applied in this order; empty for the unchanged facts. */
    transforms: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          /** A built-in transform, or PACKAGE/NAME for one of a plugin. */
          name: { type: 'string', minLength: 1 },
          options: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
        },
        additionalProperties: false,
      },
    },
    /** What the model learns to predict; the next token if absent. */
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

/** Settings of a comparison of cures for the Reversal Curse, on the data of experiment 1. */
export const curesRecipeSchema = {
  $id: 'cures-recipe',
  type: 'object',
  required: ['experiment', 'dataset', 'training', 'seeds', 'arms'],
  properties: {
    experiment: { const: 'cures' },
    summary: { type: 'string', minLength: 1 },
    dataset: reverseRecipeSchema.properties.dataset,
    /** Training of the first arm; the others train on as many tokens, or for as many epochs. */
    training: reverseRecipeSchema.properties.training,
    /** Used if the user gives none. */
    seeds: { type: 'array', items: { type: 'integer' }, minItems: 1, uniqueItems: true },
    /** Relations that each arm is also trained on, to test whether it reverses them wrongly. */
    relations: {
      type: 'object',
      required: ['relations', 'num_examples_per_group', 'num_train_examples', 'num_test_examples'],
      properties: {
        /** Names of relations that ship with the tool. */
        relations: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, uniqueItems: true },
        num_examples_per_group: { type: 'integer', minimum: 2 },
        num_train_examples: { type: 'integer', minimum: 1 },
        num_test_examples: { type: 'integer', minimum: 1 },
      },
      additionalProperties: false,
    },
    /** The first one is the baseline. */
    arms: { type: 'array', items: arm, minItems: 2 },
  },
  additionalProperties: false,
} as const

export type CuresRecipe = FromSchema<typeof curesRecipeSchema>
export type ArmRecipe = CuresRecipe['arms'][number]
