import { hostedReference } from '../../models/openai/openai-client.ts'
import type { ProviderDescriptor } from '../provider.ts'
import { hostedTrainingFlags } from './training-flags.ts'

/** Fine-tuning at OpenAI or any server that has its API for it. */
export const openaiDescriptor: ProviderDescriptor = {
  name: 'openai',
  summary: 'models of OpenAI’s, and of any server that has its API for fine-tuning',
  runs: 'elsewhere',
  discovers: true,
  idsBegin: 'ftjob-',
  flags: ['api', 'system', 'prices', 'wandb-project', 'wandb-entity'],
  modelOf: ({ id, provider, model, fine_tuned_model: tuned, dataset: { api, system }, server }) =>
    hostedReference({
      model: tuned ?? `${provider}/${model}:${id}`,
      ...{ api, system, server: server?.base_url },
    }),
  weightsOf: () => undefined,
  flagsOf: hostedTrainingFlags,
  async open({ hosted, pollMs, store, toolVersion, now }) {
    const { OpenAIProvider } = await import('./provider.ts')
    return new OpenAIProvider({ ...hosted, pollMs, store, toolVersion, now })
  },
}
