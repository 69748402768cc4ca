import type { Architecture } from '../../engine/pretrained/architecture.ts'
import { listCachedModels } from '../../engine/pretrained/hub/cached-models.ts'
import type { ReadHubSettings } from '../../engine/pretrained/hub/settings.ts'
import { formatDecimals } from '../../support/numbers.ts'
import type { TrainableModel } from '../provider.ts'

/**
 * One model of each architecture that this machine can train in minutes or hours; unique parameters, as in
 * `countPretrainedParameters`.
 */
const EXAMPLES: readonly { name: string; architecture: Architecture; parameters: number }[] = [
  { name: 'hf:HuggingFaceTB/SmolLM2-135M', architecture: 'llama', parameters: 134_515_008 },
  { name: 'hf:Qwen/Qwen2.5-0.5B', architecture: 'qwen2', parameters: 494_032_768 },
  { name: 'hf:Qwen/Qwen3-0.6B', architecture: 'qwen3', parameters: 596_049_920 },
  { name: 'hf:openai-community/gpt2', architecture: 'gpt2', parameters: 124_439_808 },
]

/**
 * Pretrained models to start from: those in the cache, and some that can be downloaded. Sends no requests to the Hub.
 */
export async function pretrainedModels(hub: ReadHubSettings | undefined): Promise<TrainableModel[]> {
  const cached = hub === undefined ? [] : await listCachedModels((await hub()).cacheDirectory)
  const here = new Set(cached.map(({ name }) => name))
  return [
    ...cached.map((model) => ({ ...model, place: 'in the cache' })),
    ...EXAMPLES.filter(({ name }) => !here.has(name)).map((model) => ({
      ...model,
      place: 'can be downloaded',
    })),
  ].map(({ name, architecture, parameters, place }) => {
    const millions = formatDecimals(parameters / 1e6, 1)
    return { name, description: `pretrained ${architecture}, ${millions} M parameters, ${place}` }
  })
}
