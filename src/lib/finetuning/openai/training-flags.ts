import { accountFlags } from '../../models/openai/account-flags.ts'
import { apiOf } from '../../models/openai/address.ts'
import type { RunRecord } from '../../schemas/run.ts'
import type { CommandFlags } from '../provider.ts'

/** The flags that reproduce a hosted run at its server, in its format, and wait until it ends. */
export function hostedTrainingFlags({ model, dataset, server, request }: RunRecord): CommandFlags {
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

/** The W&B project to which the server sends its measurements. */
function wandbOf(request: RunRecord['request']): { project?: string; entity?: string } {
  const { integrations } = (request ?? {}) as {
    integrations?: { wandb?: { project?: string; entity?: string } }[]
  }
  return integrations?.find(({ wandb }) => wandb !== undefined)?.wandb ?? {}
}
