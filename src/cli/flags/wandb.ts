import { Flags } from '@oclif/core'
import type { WandbFlags } from '../../lib/tracking/wandb/settings.ts'
import { underscoreAliases } from './common.ts'

const helpGroup = 'WEIGHTS & BIASES'

/** Which project on Weights & Biases. */
export const wandbPlaceFlags = underscoreAliases({
  'wandb-entity': Flags.string({
    summary: 'user or team on Weights & Biases',
    defaultHelp: async () => 'WANDB_ENTITY, or the owner of the API key',
    helpGroup,
  }),
  'wandb-project': Flags.string({
    summary: 'project on Weights & Biases',
    defaultHelp: async () => 'WANDB_PROJECT',
    helpGroup,
  }),
})

/** Whether to use Weights & Biases, and which project there. */
export const wandbFlags = {
  ...wandbPlaceFlags,
  ...underscoreAliases({
    'use-wandb': Flags.boolean({
      default: false,
      summary: 'use Weights & Biases; naming an entity or project does, too',
      helpGroup,
    }),
    'no-wandb': Flags.boolean({ default: false, summary: 'do without Weights & Biases', helpGroup }),
  }),
}

export interface WandbFlagValues {
  'wandb-entity'?: string | undefined
  'wandb-project'?: string | undefined
  'use-wandb'?: boolean | undefined
  'no-wandb'?: boolean | undefined
}

/** The flags as the library takes them. */
export function wandbChoice(flags: WandbFlagValues): WandbFlags {
  return {
    use: flags['use-wandb'],
    none: flags['no-wandb'],
    entity: flags['wandb-entity'],
    project: flags['wandb-project'],
  }
}
