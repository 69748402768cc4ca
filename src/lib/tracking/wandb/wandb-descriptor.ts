import type { TrackerDescriptor } from '../tracker.ts'
import { wandbFlags, wantsWandb } from './settings.ts'

export const wandbDescriptor: TrackerDescriptor = {
  name: 'wandb',
  summary: 'Weights & Biases: fields, losses, data sets and evaluations of runs',
  options: {
    type: 'object',
    properties: {
      entity: { type: 'string', description: 'user or team; default: the owner of the API key' },
      project: { type: 'string', description: 'project; default: WANDB_PROJECT' },
    },
    additionalProperties: false,
  },
  wanted: (settings) => wantsWandb({ env: settings.env, flags: wandbFlags(settings) }),
  open: async (options) => (await import('./open-wandb.ts')).openProject(options),
  waiting: async (options) => (await import('./open-wandb.ts')).waitingTasks(options),
}
