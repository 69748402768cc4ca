import { Flags } from '@oclif/core'
import { DEFAULT_MAX_SAMPLES } from '../../lib/evaluation/run-evaluation.ts'
import { underscoreAliases } from './common.ts'
import type { ModelFlags } from './model.ts'
import { modelFlags, modelOptions } from './model.ts'
import { hostedModelFlags, serverFlags } from './server.ts'
import { wandbFlags } from './wandb.ts'

/** What to evaluate, on what, and how far. */
export const evalFlags = {
  ...modelFlags,
  ...underscoreAliases({ ...hostedModelFlags, ...serverFlags }),
  ...wandbFlags,
  batch: Flags.boolean({
    default: false,
    summary: 'ask hosted models through the Batch API: half the price, within 24 hours, no log-probabilities',
    helpGroup: 'HOSTED MODELS',
  }),
  detach: Flags.boolean({
    default: false,
    summary: 'as --batch, but send the batches and leave them; eval:collect gets what they bring',
    helpGroup: 'HOSTED MODELS',
  }),
  ...underscoreAliases({
    tag: Flags.string({ default: 'eval', summary: 'evaluate the runs with this tag' }),
    'model-id': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      summary:
        'evaluate this model: a run ID, the name of a hosted model, the folder of a trained one, or gguf:PATH',
    }),
    evaluator: Flags.string({ default: 'reverse', summary: 'one of those that eval:list shows' }),
    'dataset-name': Flags.string({
      aliases: ['dataset'],
      summary: 'data set by name or directory, instead of the one that the run was trained on',
    }),
    split: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      summary: 'only this split; may be repeated',
    }),
    'max-samples': Flags.integer({
      default: DEFAULT_MAX_SAMPLES,
      min: 1,
      summary: 'prompts of each split at most, the first ones',
    }),
    'rank-all': Flags.boolean({
      default: false,
      summary: 'rank the right name among all names of the data set, by log-probability',
      description:
        'Scores every name after each prompt that asks for one, which takes several times as long.',
    }),
    'max-tokens': Flags.integer({
      min: 1,
      summary: 'new tokens of a completion at most',
      defaultHelp: async () => 'the evaluator’s own, 50 for reverse and qa',
    }),
    'batch-size': Flags.integer({ default: 512, min: 1, summary: 'prompts that a local model gets at once' }),
    limit: Flags.integer({
      min: 1,
      summary: 'score at most so many prompts of each model now, and the rest the next time',
    }),
    resume: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'go on with what is scored; --no-resume scores all prompts again',
    }),
  }),
}

interface EvalFlags extends ModelFlags {
  split?: string[] | undefined
  'max-samples': number
  'rank-all': boolean
  'max-tokens'?: number | undefined
  'batch-size': number
  limit?: number | undefined
  resume: boolean
}

/** The flags as the library takes them. */
export function evalOptions(flags: EvalFlags) {
  return {
    splits: flags.split,
    maxSamples: flags['max-samples'],
    rankAll: flags['rank-all'],
    maxTokens: flags['max-tokens'],
    batchSize: flags['batch-size'],
    limit: flags.limit,
    fresh: !flags.resume,
    ...modelOptions(flags),
  }
}
