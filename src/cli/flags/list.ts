import { Flags } from '@oclif/core'
import { integerFlag, underscoreAliases } from './common.ts'
import { addressFlags, HOSTED_MODELS } from './server.ts'
import { trackerFlags } from './tracker.ts'

/** Which runs to list, and which servers to ask about them. */
export const listFlags = {
  ...trackerFlags,
  ...underscoreAliases({
    filter: Flags.string({ summary: 'only runs whose model name contains this text' }),
    status: Flags.string({ summary: 'only runs with this status, such as succeeded' }),
    tag: Flags.string({ summary: 'only runs with this tag' }),
    days: integerFlag({ default: 2, min: 1, summary: 'only runs of the last N days' }),
    all: Flags.boolean({ default: false, summary: 'runs of any age' }),
    csv: Flags.boolean({ default: false, exclusive: ['json'], summary: 'print comma-separated values' }),
    ...addressFlags,
    remote: Flags.boolean({
      allowNo: true,
      summary: 'also list jobs on the server that were started elsewhere; --no-remote asks no server',
      helpGroup: HOSTED_MODELS,
    }),
    'sync-suggestions': Flags.boolean({
      default: false,
      summary: 'print a command for each run that is not synced',
      helpGroup: 'WEIGHTS & BIASES',
    }),
  }),
}
