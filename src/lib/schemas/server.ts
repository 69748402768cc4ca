/** A server that speaks OpenAI's API, and whose account there pays; no key is in it. */
export const serverSchema = {
  type: 'object',
  required: ['base_url', 'organization', 'project'],
  properties: {
    base_url: { type: 'string' },
    organization: { type: ['string', 'null'] },
    project: { type: ['string', 'null'] },
  },
  additionalProperties: false,
} as const
