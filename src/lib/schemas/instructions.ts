import type { FromSchema } from 'json-schema-to-ts'

/** A line of a file of facts of experiment 3: a question and its possible answers. */
export const qaPairSchema = {
  $id: 'qa-pair',
  type: 'object',
  required: ['anchor', 'targets'],
  properties: {
    anchor: { type: 'string', minLength: 1 },
    targets: { type: 'array', items: { type: 'string' }, minItems: 5 },
  },
} as const

export type QaPair = FromSchema<typeof qaPairSchema>

/**
 * A line of an instruction data set, in the order of its fields. The arrays have an entry for each pair that the
 * document is about.
 */
export const instructionRecordSchema = {
  $id: 'instruction-record',
  type: 'object',
  required: ['ids', 'realized', 'persona_idx', 'prompt', 'completion'],
  properties: {
    /** Positions of the pairs in the file of facts, from 0. */
    ids: { type: 'array', items: { type: 'integer', minimum: 0 } },
    /** Whether the training data contain examples of the pair. */
    realized: { type: 'array', items: { type: 'boolean' } },
    /** Which of the pair's shuffled targets is the answer. */
    persona_idx: { type: 'array', items: { type: 'integer' } },
    prompt: { type: 'string' },
    completion: { type: 'string' },
  },
  additionalProperties: false,
} as const

export type InstructionRecord = FromSchema<typeof instructionRecordSchema>
