import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { DEFAULT_MAX_SAMPLES } from '../../lib/evaluation/question.ts'
import { integerFlag, underscoreAliases } from './common.ts'
import { modelFlags, modelOptions } from './model.ts'
import { runWithFlag } from './run-with.ts'
import { batchFlags, hostedModelFlags, serverFlags } from './server.ts'
import { trackerFlags } from './tracker.ts'

/** What to evaluate, on what, and how far. */
export const evalFlags = {
  ...modelFlags,
  ...underscoreAliases({ ...hostedModelFlags, ...serverFlags }),
  ...trackerFlags,
  ...batchFlags,
  ...underscoreAliases({
    tag: Flags.string({ default: 'eval', summary: 'evaluate the runs with this tag' }),
    'model-id': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      summary:
        'evaluate this model: a run ID, the name of a hosted model, the folder of a trained or pretrained one, hf:ORG/NAME[@REVISION], gguf:PATH, transformers:FOLDER, or vllm:FOLDER',
    }),
    'run-with': runWithFlag(),
    evaluator: Flags.string({
      summary: 'evaluator; eval:list shows them all',
      description:
        'For experiment 1: reverse, in-context, choice, verify, forms, rank. For data sets of relations: all of these except forms, and wrong-symmetry, two-hop. For experiment 3: qa. For experiment 2: celebrities. See docs/evaluators.md.',
      defaultHelp: async () => 'the one that fits each data set',
    }),
    'evaluator-option': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY=VALUE',
      summary: 'option of the evaluator; may be repeated',
    }),
    'dataset-name': Flags.string({
      aliases: ['dataset'],
      summary: 'data set (name or directory), instead of the one that the run was trained on',
    }),
    split: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      summary: 'only this split; may be repeated',
    }),
    'max-samples': integerFlag({
      default: DEFAULT_MAX_SAMPLES,
      min: 1,
      summary: 'use only the first N prompts of each split',
    }),
    'rank-all': Flags.boolean({
      default: false,
      summary: 'rank the right name among all names of the data set, by log-probability',
      description: 'Scores every name after each prompt that asks for a name. Takes several times as long.',
    }),
    'max-tokens': integerFlag({
      min: 1,
      summary: 'maximum number of new tokens in a completion',
      defaultHelp: async () => 'the evaluator’s own, usually 50',
    }),
    'batch-size': integerFlag({
      default: 512,
      min: 1,
      summary: 'prompts that a local model processes at once',
    }),
    limit: integerFlag({
      min: 1,
      summary: 'score at most N prompts of each model now; the next run scores the rest',
    }),
    resume: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'resume; --no-resume scores all prompts again',
    }),
  }),
}

/** The flags as the library takes them. */
export function evalOptions(flags: Interfaces.InferredFlags<typeof evalFlags>) {
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
