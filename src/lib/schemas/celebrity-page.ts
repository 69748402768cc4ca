import type { FromSchema } from 'json-schema-to-ts'

/** A line of a crawl's `pages.jsonl`: people from one page of the endpoint's results, with their parents. */
export const celebrityPageSchema = {
  $id: 'celebrity-page',
  type: 'object',
  required: ['offset', 'celebrities', 'last'],
  properties: {
    offset: { type: 'integer', minimum: 0 },
    /** True for the last page. */
    last: { type: 'boolean' },
    celebrities: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'name', 'siteLinks', 'parents'],
        properties: {
          /** Such as Q76. */
          id: { type: 'string' },
          name: { type: 'string' },
          /** Number of wikis that have a page about the person. */
          siteLinks: { type: 'integer', minimum: 0 },
          parents: {
            type: 'array',
            items: {
              type: 'object',
              required: ['id', 'name', 'type'],
              properties: {
                id: { type: 'string' },
                name: { type: 'string' },
                type: { type: 'string', enum: ['mother', 'father'] },
              },
              additionalProperties: false,
            },
          },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const

export type CelebrityPage = FromSchema<typeof celebrityPageSchema>
