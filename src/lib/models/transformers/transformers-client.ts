import type { ModelClient } from '../model-client.ts'

const PREFIX = 'transformers:'

/** Models that Hugging Face's transformers runs, in a job of Python: any that it knows, on GPUs where there are some. */
export const transformersClient: ModelClient = {
  name: 'transformers',
  summary:
    'models that Hugging Face’s transformers runs, as a job: transformers:FOLDER or transformers:ORG/NAME',
  prefix: PREFIX,
  async open({ reference, ...options }) {
    const { openTransformersModel } = await import('./open-transformers-model.ts')
    const { id = '', directory, job } = reference
    const named = id.startsWith(PREFIX) ? id.slice(PREFIX.length) : undefined
    return openTransformersModel({ ...options, name: named, id, directory, job })
  },
}
