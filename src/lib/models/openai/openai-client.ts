import type { ModelClient, ModelReference } from '../model-client.ts'
import type { AddressOptions } from './address.ts'
import { otherServer } from './server.ts'

const NAME = 'openai'

/** Names of models that only OpenAI gives. */
const OWN_NAME = /^(openai\/|ft:|gpt-|chatgpt-|o\d|davinci-002$|babbage-002$)/

/** Models of OpenAI, and of any server with its API. */
export const openaiClient: ModelClient = {
  name: NAME,
  summary: 'models at OpenAI, or at any server with its API',
  named(name, { server }) {
    // Servers of others have models with a slash in their names, such as openai/gpt-oss-20b.
    if (server) return hostedReference({ model: name })
    return OWN_NAME.test(name) ? hostedReference({ model: name.replace(/^openai\//, '') }) : undefined
  },
  async open({ reference, hosted = {} }) {
    const { batch, ...said } = hosted
    // A server that the user names may well be another way to the same models.
    const elsewhere =
      reference.server !== undefined && said.baseUrl === undefined
        ? otherServer('the run', reference.server)
        : undefined
    if (elsewhere !== undefined) throw elsewhere
    const { api = reference.api, system = reference.system } = said
    const options = { ...said, api, system, model: reference.id! }
    if (batch === undefined) {
      const { openHostedModel } = await import('./hosted-model.ts')
      return openHostedModel(options)
    }
    const { openBatchModel } = await import('./batch/batch-model.ts')
    return openBatchModel({ ...options, batch })
  },
}

/** A model of a server that this client opens. */
export function hostedReference({
  model,
  api,
  system,
  server,
}: Pick<AddressOptions, 'model' | 'api' | 'system'> & Pick<ModelReference, 'server'>): ModelReference {
  return { client: NAME, id: model, api, system, server }
}
