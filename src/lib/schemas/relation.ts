import type { FromSchema } from 'json-schema-to-ts'

const text = { type: 'string', minLength: 1 } as const
const texts = { type: 'array', minItems: 1, items: text } as const

/**
 * A file of `data/relations/`, or a user's own: facts of one relation, each of three parts, and the sentences that
 * state them.
 */
export const relationSchema = {
  $id: 'relation',
  type: 'object',
  required: ['name', 'roles', 'templates', 'facts'],
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9_-]*$' },
    /** One line, for lists. */
    summary: text,
    /** What each part of a fact is, such as author, work and hero. */
    roles: {
      type: 'object',
      required: ['first', 'second', 'third'],
      properties: { first: text, second: text, third: text },
      additionalProperties: false,
    },
    /** Sentences with `<first>`, `<second>` or `<third>`; each ends with the part that it asks for. */
    templates: {
      type: 'object',
      required: ['forward', 'backward', 'hop', 'two_hop', 'swapped_forward', 'swapped_backward'],
      properties: {
        /** First part, then second. */
        forward: texts,
        /** Second part, then first. */
        backward: texts,
        /** Second part, then third. */
        hop: texts,
        /** First part, then third, without the second that links them; for tests only. */
        two_hop: texts,
        /** Like `forward` and `backward`, but false if the two parts are exchanged; for tests only. */
        swapped_forward: texts,
        swapped_backward: texts,
      },
      additionalProperties: false,
    },
    facts: { type: 'array', minItems: 6, items: { type: 'array', minItems: 3, maxItems: 3, items: text } },
  },
  additionalProperties: false,
} as const

/** The schema ensures that each fact has three parts. */
export type RelationMaterial = FromSchema<typeof relationSchema>

const group = { type: 'string', enum: ['p2d', 'd2p', 'both'] } as const

/** A line of `relation_facts.jsonl`: a fact of the data set, and the order in which it is stated. */
export const relationFactSchema = {
  $id: 'relation-fact',
  type: 'object',
  required: ['relation', 'group', 'first', 'second', 'third'],
  properties: { relation: text, group, first: text, second: text, third: text },
  additionalProperties: false,
} as const

export type RelationFact = FromSchema<typeof relationFactSchema>

/** A test prompt about a fact of a relation. */
export const relationPromptSchema = {
  $id: 'relation-prompt',
  type: 'object',
  required: ['prompt', 'completion', 'relation', 'group', 'fact', 'template'],
  properties: {
    prompt: text,
    completion: text,
    relation: text,
    group,
    /** The fact's first part. */
    fact: text,
    /** From 1; prompts of all facts that share a number come from the same template. */
    template: { type: 'integer', minimum: 1 },
  },
  additionalProperties: false,
} as const

export type RelationPrompt = FromSchema<typeof relationPromptSchema>
