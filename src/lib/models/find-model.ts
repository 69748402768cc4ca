import type { Registry } from '../support/registry.ts'
import type { ModelClient, ModelReference } from './model-client.ts'

/** The model that a name or an absolute path denotes independently of the runs; undefined if none. */
export async function findModelAt(
  name: string,
  { path, models }: { path: string; models: Registry<ModelClient> },
): Promise<ModelReference | undefined> {
  const byPrefix = prefixedModel(name, models)
  if (byPrefix !== undefined) return byPrefix
  for (const { entry } of models.inOrder()) {
    if (await entry.holds?.(path)) return { client: entry.name, directory: path }
  }
  return undefined
}

/** The model of a client whose prefix a name has. */
export function prefixedModel(name: string, models: Registry<ModelClient>): ModelReference | undefined {
  const client = models.first(({ prefix }) => prefix !== undefined && name.startsWith(prefix))
  return client && { client: client.entry.name, id: name }
}

/** The model that a name denotes on a server; undefined if no client knows it. */
export function hostedModel(
  name: string,
  { models, server }: { models: Registry<ModelClient>; server: boolean },
): ModelReference | undefined {
  const meant = (client: ModelClient) => client.named?.(name, { server })
  const found = models.first((client) => meant(client) !== undefined)
  return found && meant(found.entry)
}
