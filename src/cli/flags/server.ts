import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { APIS } from '../../lib/models/openai/address.ts'
import type { HostedModelOptions } from '../../lib/models/openai/hosted-model.ts'
import type { ServerOptions } from '../../lib/models/openai/server.ts'
import { InputError } from '../../lib/support/errors.ts'
import { isSentOpenly } from '../../lib/support/sent-openly.ts'
import { readEnvironment } from '../shell/environment.ts'
import { interruptSignal } from '../shell/interrupt.ts'
import { notice, noticeOnce } from '../shell/notice.ts'
import { describeWait, openKeyWarning } from '../text/wait.ts'
import { integerFlag, numberFlag } from './common.ts'

export const HOSTED_MODELS = 'HOSTED MODELS'

const helpGroup = HOSTED_MODELS

/** Which OpenAI-compatible server. */
export const addressFlags = {
  'base-url': Flags.string({
    summary: 'server with OpenAI’s API, such as http://127.0.0.1:8000/v1',
    defaultHelp: async () => 'OPENAI_BASE_URL, or OpenAI’s own',
    helpGroup,
  }),
  organization: Flags.string({
    summary: 'OpenAI organization to bill',
    defaultHelp: async () => 'OPENAI_ORG_ID',
    helpGroup,
  }),
  project: Flags.string({
    summary: 'OpenAI project to bill',
    defaultHelp: async () => 'OPENAI_PROJECT_ID',
    helpGroup,
  }),
}

export const timeoutFlag = numberFlag({
  default: 600,
  above: 0,
  summary: 'seconds to wait for one answer',
  helpGroup,
})

/** Which OpenAI-compatible server, and how many requests at once. */
export const serverFlags = {
  ...addressFlags,
  concurrency: integerFlag({
    default: 256,
    min: 1,
    summary: 'maximum number of requests in flight; fewer if the server accepts fewer',
    helpGroup,
  }),
  timeout: timeoutFlag,
}

/** Not every command has them all. */
export type ServerFlags = Partial<Interfaces.InferredFlags<typeof serverFlags>>

/** The server as the library takes it; the key comes only from the environment or a `.env` file. */
export async function serverOptions(flags: ServerFlags): Promise<ServerOptions> {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_ORG_ID, OPENAI_PROJECT_ID } = await readEnvironment()
  const baseUrl = flags['base-url'] ?? (OPENAI_BASE_URL || undefined)
  if (OPENAI_API_KEY && baseUrl !== undefined && isSentOpenly(baseUrl)) {
    noticeOnce(openKeyWarning('OPENAI_API_KEY', baseUrl))
  }
  return {
    apiKey: OPENAI_API_KEY,
    baseUrl,
    organization: flags.organization ?? OPENAI_ORG_ID,
    project: flags.project ?? OPENAI_PROJECT_ID,
    concurrency: flags.concurrency,
    timeoutMs: flags.timeout === undefined ? undefined : flags.timeout * 1000,
    signal: interruptSignal(),
    onWait: (wait) => notice(describeWait(wait)),
  }
}

export const cacheFlag = Flags.boolean({
  default: true,
  allowNo: true,
  summary: 'use cached answers; --no-cache ignores them',
  helpGroup,
})

/** How to prompt a hosted model. */
export const hostedModelFlags = {
  api: Flags.option({
    options: APIS,
    summary: 'use hosted models in a chat or to complete plain text',
    defaultHelp: async () => 'chosen by the model’s name',
    helpGroup,
  })(),
  system: Flags.string({ summary: 'system message before each prompt of a chat', helpGroup }),
  parameters: Flags.custom<Record<string, unknown>>({ parse: async (text) => parseObject(text) })({
    summary: 'JSON object of parameters to add to each request, such as \'{"reasoning_effort": "none"}\'',
    helpGroup,
  }),
  cache: cacheFlag,
}

/** Whether to use the Batch API for hosted models, and whether the command waits for it. */
export const batchFlags = {
  batch: Flags.boolean({
    default: false,
    summary: 'use the Batch API of hosted models: half the price, within 24 hours, no log-probabilities',
    helpGroup,
  }),
  detach: Flags.boolean({
    default: false,
    summary: 'like --batch, but return once the batches are sent; eval:collect fetches the results',
    helpGroup,
  }),
}

export type HostedModelFlags = Interfaces.InferredFlags<typeof hostedModelFlags>

/** The flags as the library takes them; `cacheDirectory` is where answers are kept. */
export function hostedModelOptions(
  { api, system, parameters, cache }: HostedModelFlags,
  { cacheDirectory }: { cacheDirectory: string },
): Omit<HostedModelOptions, 'model'> {
  return { api, system, parameters, cache: cache ? cacheDirectory : undefined }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {}
  throw new InputError(`Expected a JSON object but received: ${text}`, { code: 'BAD_JSON' })
}
