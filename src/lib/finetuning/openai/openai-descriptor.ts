import { hostedReference } from '../../models/openai/openai-client.ts'
import type { ProviderDescriptor } from '../provider.ts'
import { openaiSettings, readSettings } from './settings.ts'
import { hostedTrainingFlags } from './training-flags.ts'

/** Fine-tuning at OpenAI or any server that has its API for it. */
export const openaiDescriptor: ProviderDescriptor = {
  name: 'openai',
  summary: 'models at OpenAI, or at any server with its fine-tuning API',
  runs: 'elsewhere',
  discovers: true,
  idsBegin: 'ftjob-',
  settings: openaiSettings,
  modelOf: ({ id, provider, model, fine_tuned_model: tuned, dataset: { api, system }, server }) =>
    hostedReference({
      model: tuned ?? `${provider}/${model}:${id}`,
      ...{ api, system, server: server?.base_url },
    }),
  weightsOf: () => undefined,
  flagsOf: hostedTrainingFlags,
  async open({ server, settings = {}, offline, pollMs, store, toolVersion, now }) {
    const { OpenAIProvider } = await import('./provider.ts')
    return new OpenAIProvider({
      ...{ ...server, ...readSettings(settings), offline, pollMs },
      ...{ store, toolVersion, now },
    })
  },
}
