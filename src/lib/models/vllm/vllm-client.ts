import type { ModelClient } from '../model-client.ts'

export const VLLM_PREFIX = 'vllm:'

/** Models that a vLLM server runs which is started for it, as a job: on GPUs, many prompts at once. */
export const vllmClient: ModelClient = {
  name: 'vllm',
  summary: 'models that vLLM serves, started as a job: vllm:FOLDER or vllm:hf:ORG/NAME',
  prefix: VLLM_PREFIX,
  async open(options) {
    const { openVllmModel } = await import('./open-vllm-model.ts')
    return openVllmModel(options)
  },
}
