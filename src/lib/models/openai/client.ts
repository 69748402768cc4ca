import type { OpenAI } from 'openai'
import type { Server } from './server.ts'

export interface OpenedClient {
  client: OpenAI
  close(): Promise<void>
}

/** What goes in the place of a key to servers that want none; the SDK refuses to start without. */
const NO_KEY = 'none'

/**
 * The SDK's client with all its own policies off: no retries, time-outs, logs or environment variables. Its
 * connections are undici's, wrapped so that the `fetch` of each Node version can use them.
 */
export async function openClient({ baseUrl, apiKey, organization, project }: Server): Promise<OpenedClient> {
  const [{ OpenAI }, { Agent, Dispatcher1Wrapper }] = await Promise.all([import('openai'), import('undici')])
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? NO_KEY,
    organization,
    project,
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: 'off',
    fetchOptions: { dispatcher: new Dispatcher1Wrapper(agent) },
  })
  return { client, close: () => agent.destroy() }
}
