import { accountFlags } from '../../models/openai/account-flags.ts'
import { apiOf, readAddressId } from '../../models/openai/address.ts'
import { OPENAI_URL } from '../../models/openai/server.ts'
import type { EvaluationSummary } from '../../schemas/evaluation.ts'
import type { RunRecord } from '../../schemas/run.ts'

type Flags = Record<string, string | boolean | undefined>

/** Flags to evaluate a hosted model on the same server and in the same way, as far as its run does not imply them. */
export function hostedEvaluationFlags(
  { address, model }: EvaluationSummary,
  { dataset, fine_tuned_model: tuned, server }: RunRecord,
): Flags {
  if (address === undefined && server === undefined) return {}
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

/** Older evaluations record their address only in the model's name. */
function recorded(model: string) {
  const { api, baseUrl } = readAddressId(model) ?? {}
  return { api, base_url: baseUrl }
}
