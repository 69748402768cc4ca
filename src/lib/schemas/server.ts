/** A server with OpenAI's API, and the account to bill there. It holds no key. */
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
