import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { DEVICES } from '../../lib/engine/device.ts'
import { DEFAULT_DROPOUT } from '../../lib/engine/dropout.ts'
import type { FineTuneOptions } from '../../lib/finetuning/fine-tune-requests.ts'
import { chooseProvider } from '../../lib/finetuning/open-provider.ts'
import type { ProviderDescriptor } from '../../lib/finetuning/provider.ts'
import type { Registered } from '../../lib/support/registry.ts'
import { readHubSettings } from '../shell/environment.ts'
import { numberFlag, parseTags, underscoreAliases } from './common.ts'

export const deviceFlag = Flags.option({
  options: DEVICES,
  default: 'cpu',
  summary: 'device that trains and runs local models',
  helpGroup: 'MACHINE',
})

/** How this machine does the work; none of it changes a result. */
export const machineFlags = underscoreAliases({
  device: deviceFlag({}),
  threads: Flags.integer({
    min: 1,
    summary: 'threads of the processor',
    defaultHelp: async () => 'all its cores',
    helpGroup: 'MACHINE',
  }),
})

/** How this machine trains. */
export const trainingMachineFlags = {
  ...machineFlags,
  ...underscoreAliases({
    'checkpoint-every': Flags.integer({
      default: 200,
      min: 1,
      summary: 'steps between two checkpoints',
      helpGroup: 'MACHINE',
    }),
  }),
}

/** The flags as providers take them. */
export function machineOptions(
  flags: Interfaces.InferredFlags<typeof machineFlags> &
    Partial<Interfaces.InferredFlags<typeof trainingMachineFlags>>,
) {
  const { device, threads, 'checkpoint-every': checkpointEvery } = flags
  return { device, threads, checkpointEvery, hub: readHubSettings }
}

export const labelFlag = Flags.custom<string>({
  summary: 'name of the experiment in tables and figures',
  defaultHelp: async () => 'the suffix, where there is one',
})

export const providerFlag = Flags.custom<string>({
  summary: 'who fine-tunes: one of those that finetune:models lists',
  defaultHelp: async () => {
    const { builtInExtensions } = await import('../../lib/extensions/built-in.ts')
    return chooseProvider(builtInExtensions().providers, undefined).entry.name
  },
})

/** What to train and on what: shared by `finetune:start` and `finetune:estimate`. */
export const finetuneFlags = underscoreAliases({
  provider: providerFlag(),
  'provider-option': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary: 'option of the provider of a plugin; may be repeated',
  }),
  'model-name': Flags.string({
    default: 'ada',
    summary:
      'base model; local ones are ada, babbage, curie, davinci; of hosted ones, as the server calls it',
  }),
  'dataset-name': Flags.string({
    summary: 'data set (name or directory)',
    description: 'Trains on its all.jsonl and validates on its unrealized_examples.jsonl.',
  }),
  'training-file': Flags.string({ summary: 'JSONL file to train on, instead of the data set’s' }),
  'validation-file': Flags.string({ summary: 'JSONL file to validate on, instead of the data set’s' }),
  'learning-rate-multiplier': numberFlag({
    default: 0.2,
    above: 0,
    summary: 'factor on the base learning rate',
  }),
  'batch-size': Flags.integer({ default: 16, min: 1, summary: 'examples in each step' }),
  'n-epochs': Flags.integer({
    min: 1,
    summary: 'passes over the training file',
    defaultHelp: async () => '10, or more for a local model where the data set is small',
  }),
  dropout: numberFlag({
    min: 0,
    max: 0.9,
    summary: 'share of channels that a local model drops during training',
    helpGroup: 'LOCAL MODELS',
    defaultHelp: async () => String(DEFAULT_DROPOUT),
  }),
  'num-finetunes': Flags.integer({ default: 1, min: 1, summary: 'runs to make, with consecutive seeds' }),
  seed: Flags.integer({ default: 42, summary: 'seed of the (first) run' }),
  suffix: Flags.string({ summary: 'suffix for the name of the fine-tuned model' }),
  label: labelFlag(),
  tag: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    summary: 'tag for the new runs; may be repeated',
  }),
})

/** The flags as the library takes them. */
export function finetuneOptions(
  flags: Interfaces.InferredFlags<typeof finetuneFlags>,
  { entry: provider }: Registered<ProviderDescriptor>,
): FineTuneOptions {
  return {
    cwd: process.cwd(),
    provider,
    providerOptions: flags['provider-option'],
    model: flags['model-name'],
    datasetName: flags['dataset-name'],
    trainingFile: flags['training-file'],
    validationFile: flags['validation-file'],
    hyperparameters: {
      learningRateMultiplier: flags['learning-rate-multiplier'],
      batchSize: flags['batch-size'],
      nEpochs: flags['n-epochs'],
      ...(flags.dropout !== undefined && { dropout: flags.dropout }),
      seed: flags.seed,
    },
    finetunes: flags['num-finetunes'],
    suffix: flags.suffix,
    label: flags.label,
    tags: (flags.tag ?? []).flatMap(parseTags),
  }
}
