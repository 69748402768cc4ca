import type { FromSchema } from 'json-schema-to-ts'
import { reverseRecipeSchema } from './recipe.ts'

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
    training: reverseRecipeSchema.properties.training,
    /** Where none are given. */
    seeds: { type: 'array', items: { type: 'integer' }, minItems: 1, uniqueItems: true },
    /** Relations on which each arm is trained, too, and asked whether it turns them round wrongly. */
    relations: {
      type: 'object',
      required: ['relations', 'num_examples_per_group', 'num_train_examples', 'num_test_examples'],
      properties: {
        /** Names of those that ship with the tool. */
        relations: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, uniqueItems: true },
        num_examples_per_group: { type: 'integer', minimum: 2 },
        num_train_examples: { type: 'integer', minimum: 1 },
        num_test_examples: { type: 'integer', minimum: 1 },
      },
      additionalProperties: false,
    },
    /** The first is what the others are compared with. */
    arms: { type: 'array', items: arm, minItems: 2 },
  },
  additionalProperties: false,
} as const

export type CuresRecipe = FromSchema<typeof curesRecipeSchema>
export type ArmRecipe = CuresRecipe['arms'][number]
