import type { ModelClient } from '../model-client.ts'

const PREFIX = 'vllm:'

/** Models that a vLLM server runs which is started for it, as a job: on GPUs, many prompts at once. */
export const vllmClient: ModelClient = {
  name: 'vllm',
  summary: 'models that vLLM serves, started as a job: vllm:FOLDER or vllm:hf:ORG/NAME',
  prefix: PREFIX,
  async open({ reference, ...options }) {
    const { openVllmModel } = await import('./open-vllm-model.ts')
    const { id = '', directory, job } = reference
    const named = id.startsWith(PREFIX) ? id.slice(PREFIX.length) : undefined
    return openVllmModel({ ...options, name: named, id, directory, job })
  },
}
