import type { ModelClient } from '../model-client.ts'

export const TRANSFORMERS_PREFIX = 'transformers:'

/** Models that Hugging Face's transformers runs, in a Python job: all that it knows, on GPUs if there are any. */
export const transformersClient: ModelClient = {
  name: 'transformers',
  summary:
    'models that Hugging Face’s transformers runs, as a job: transformers:FOLDER or transformers:hf:ORG/NAME',
  prefix: TRANSFORMERS_PREFIX,
  async open(options) {
    const { openTransformersModel } = await import('./open-transformers-model.ts')
    return openTransformersModel(options)
  },
}
