import type { FromSchema } from 'json-schema-to-ts'

const price = { type: 'number', minimum: 0 } as const

const prices = {
  input: price,
  cached_input: price,
  output: price,
  /** Through the Batch API. */
  batch_input: price,
  batch_output: price,
} as const

/** What models cost, in United States dollars for 1,000,000 tokens: `data/prices/*.json`, or a user's own file. */
export const priceTableSchema = {
  $id: 'price-table',
  type: 'object',
  required: ['date', 'source', 'models'],
  properties: {
    /** Month or day for which the prices are valid. */
    date: { type: 'string', pattern: '^\\d{4}-\\d{2}(-\\d{2})?$' },
    /** Where they were read. */
    source: { type: 'string', minLength: 1 },
    unit: { type: 'string' },
    models: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: {
          ...prices,
          /** Absent for models that cannot be fine-tuned. */
          fine_tuned: {
            type: 'object',
            properties: { training: price, ...prices },
            additionalProperties: false,
          },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const

export type PriceTable = FromSchema<typeof priceTableSchema>
