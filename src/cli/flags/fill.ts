import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { InputError } from '../../lib/support/errors.ts'
import { underscoreAliases } from './common.ts'
import { pricesFlag } from './hosted-finetune.ts'
import { modelFlags } from './model.ts'
import { hostedModelFlags, serverFlags } from './server.ts'

const helpGroup = 'FILLING'

/** How templates are filled, and by which model. */
export const fillFlags = {
  ...underscoreAliases({
    fill: Flags.option({
      options: ['template', 'llm'] as const,
      default: 'template',
      summary: 'fill templates with the facts, or let a model write the sentences',
      helpGroup,
    })(),
    'fill-model': Flags.string({
      summary: 'model that writes the sentences: the name of a hosted model, a run ID, a folder or gguf:PATH',
      helpGroup,
    }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'spend money without asking', helpGroup }),
    prices: pricesFlag({}),
    ...hostedModelFlags,
    ...serverFlags,
  }),
  ...modelFlags,
}

export type FillFlags = Interfaces.InferredFlags<typeof fillFlags>

/** The model that writes the sentences; undefined if templates are filled as they are. Throws InputError. */
export function fillModel({ fill, 'fill-model': model }: FillFlags): string | undefined {
  if (fill === 'template' && model !== undefined) {
    throw new InputError('--fill-model needs --fill llm.', {
      code: 'FILL_MODEL_UNUSED',
    })
  }
  if (fill === 'llm' && model === undefined) {
    throw new InputError('The model that writes the sentences is missing: use --fill-model NAME.', {
      code: 'NO_FILL_MODEL',
      suggestions: ['such as gpt-4.1-mini-2025-04-14, or gguf:PATH for a model on this machine'],
    })
  }
  return model
}
