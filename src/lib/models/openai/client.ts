import type { OpenAI } from 'openai'
import { openFetch } from '../../support/fetch-from-host.ts'
import type { Server } from './server.ts'

export interface OpenedClient {
  client: OpenAI
  close(): Promise<void>
}

/** A placeholder for servers that need no key; the SDK requires one. */
const NO_KEY = 'none'

/** The SDK's client with all its own policies off: no retries, time-outs, logs or environment variables. */
export async function openClient({ baseUrl, apiKey, organization, project }: Server): Promise<OpenedClient> {
  const [{ OpenAI }, { fetch, close }] = await Promise.all([
    import('openai'),
    openFetch({ headersTimeout: 0, bodyTimeout: 0 }),
  ])
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? NO_KEY,
    organization,
    project,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
    fetch,
  })
  return { client, close }
}
