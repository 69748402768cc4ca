import type { Interfaces } from '@oclif/core'
import type { ModelOptions } from '../../lib/models/model-client.ts'
import { readJobSettings } from '../shell/environment.ts'
import { integerFlag, underscoreAliases } from './common.ts'
import { machineFlags, machineOptions } from './finetune.ts'

/** How this machine runs a model. */
export const modelFlags = {
  ...machineFlags,
  ...underscoreAliases({
    threads: integerFlag({
      min: 1,
      summary: 'CPU threads',
      defaultHelp: async () => 'one per core, or all cores but one for GGUF models',
      helpGroup: 'MACHINE',
    }),
    'context-size': integerFlag({
      min: 1,
      summary: 'maximum length of prompt and completion in tokens, for GGUF models',
      defaultHelp: async () => 'the model’s training length',
      helpGroup: 'MACHINE',
    }),
  }),
}

export type ModelFlags = Interfaces.InferredFlags<typeof modelFlags>

/** The flags as the library takes them. */
export function modelOptions(flags: ModelFlags): ModelOptions {
  return { ...machineOptions(flags), contextSize: flags['context-size'], jobs: readJobSettings }
}
