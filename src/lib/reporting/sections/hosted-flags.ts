import { apiOf, readAddressId } from '../../models/openai/address.ts'
import { OPENAI_URL } from '../../models/openai/server.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'

type Flags = Record<string, string | boolean | undefined>

/** What makes a hosted run again where it was made, as it was taught, and stays until it has ended. */
export function hostedTrainingFlags({ provider, model, dataset, server, request }: RunRecord): Flags {
  if (provider === 'local') return {}
  const { project: wandb, entity } = wandbOf(request)
  return {
    ...(dataset.api !== apiOf(model) && { api: dataset.api }),
    system: dataset.system,
    ...accountFlags(server),
    'wandb-project': wandb,
    'wandb-entity': entity,
    follow: true,
  }
}

/** What asks a hosted model where and as it was asked, as far as its run does not say that itself. */
export function hostedEvaluationFlags(
  { address, model }: EvaluationSummary,
  { provider, dataset, fine_tuned_model: tuned, server }: RunRecord,
): Flags {
  if (provider === 'local') return {}
  const told = address ?? { ...recorded(model), system: dataset.system, parameters: undefined }
  const { base_url, api, system, parameters } = told
  return {
    ...(api !== (dataset.api ?? apiOf(tuned ?? model)) && { api }),
    ...(system !== dataset.system && { system }),
    ...(parameters !== undefined && { parameters: JSON.stringify(parameters) }),
    ...accountFlags({
      base_url: base_url ?? server?.base_url ?? OPENAI_URL,
      organization: server?.organization ?? null,
      project: server?.project ?? null,
    }),
  }
}

function accountFlags(server: RunRecord['server']): Flags {
  if (server === undefined) return {}
  const { base_url, organization, project } = server
  return {
    ...(base_url !== OPENAI_URL && { 'base-url': base_url }),
    organization: organization ?? undefined,
    project: project ?? undefined,
  }
}

/** Older evaluations tell their address in the name of the model alone. */
function recorded(model: string) {
  const { api, baseUrl } = readAddressId(model) ?? {}
  return { api, base_url: baseUrl }
}

/** The project to which the server sends what it measures. */
function wandbOf(request: RunRecord['request']): { project?: string; entity?: string } {
  const { integrations } = (request ?? {}) as {
    integrations?: { wandb?: { project?: string; entity?: string } }[]
  }
  return integrations?.find(({ wandb }) => wandb !== undefined)?.wandb ?? {}
}
