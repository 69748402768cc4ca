import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { DEVICES } from '../../lib/engine/device.ts'
import { DEFAULT_DROPOUT } from '../../lib/engine/dropout.ts'
import { DEFAULT_LOSS, LOSSES } from '../../lib/engine/loss-mask.ts'
import { DEFAULT_OBJECTIVE, OBJECTIVES } from '../../lib/engine/objectives.ts'
import type { FineTuneOptions } from '../../lib/finetuning/fine-tune-requests.ts'
import { DEFAULT_METHOD, LORA_DEFAULTS } from '../../lib/finetuning/local/pretrained-hyperparameters.ts'
import { chooseProvider, epochsWithinBudget, namingModels } from '../../lib/finetuning/open-provider.ts'
import type { FineTuneProvider, ProviderDescriptor } from '../../lib/finetuning/provider.ts'
import { FINE_TUNE_METHODS, isSetting } from '../../lib/finetuning/provider.ts'
import { TRL_METHOD } from '../../lib/finetuning/trl/trl-hyperparameters.ts'
import type { Registered, Registry } from '../../lib/support/registry.ts'
import { readHubSettings } from '../shell/environment.ts'
import { numberFlag, parseTags, underscoreAliases } from './common.ts'
import { refuseInapplicable } from './refuse-inapplicable.ts'

const LOCAL_MODELS = 'LOCAL MODELS'
const PRETRAINED_MODELS = 'PRETRAINED MODELS'

const deviceFlag = Flags.option({
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
    summary: 'CPU threads',
    defaultHelp: async () => 'one per core',
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
  defaultHelp: async () => 'the suffix, if any',
})

export const providerFlag = Flags.custom<string>({
  summary: 'provider that fine-tunes; finetune:models lists them all',
  defaultHelp: async () => {
    const { builtInExtensions } = await import('../../lib/extensions/built-in.ts')
    return chooseProvider(builtInExtensions().providers, undefined).entry.name
  },
})

/** How a pretrained model is trained: shared by `finetune:start`, `finetune:estimate` and `finetune:sweep`. */
export const pretrainedFlags = {
  method: Flags.option({
    options: FINE_TUNE_METHODS,
    summary: 'train all weights, or only a small adapter (LoRA), which takes less memory',
    helpGroup: PRETRAINED_MODELS,
    defaultHelp: async () => `${DEFAULT_METHOD}; ${TRL_METHOD} with --provider trl`,
  })(),
  'lora-rank': Flags.integer({
    min: 1,
    summary: 'rank of the adapter',
    helpGroup: PRETRAINED_MODELS,
    defaultHelp: async () => String(LORA_DEFAULTS.rank),
  }),
  'lora-alpha': numberFlag({
    above: 0,
    summary: 'scale of the adapter, divided by its rank',
    helpGroup: PRETRAINED_MODELS,
    defaultHelp: async () => String(LORA_DEFAULTS.alpha),
  }),
  'lora-targets': Flags.string({
    summary: 'layers to adapt, such as q_proj,v_proj, or all',
    helpGroup: PRETRAINED_MODELS,
    defaultHelp: async () => LORA_DEFAULTS.targets,
  }),
}

/** How long a training on this machine is, and which part of its texts counts. */
const extentFlags = {
  'token-budget': Flags.integer({
    min: 1,
    exclusive: ['compute-budget'],
    helpValue: 'N',
    summary: 'train on at most N tokens, without padding, instead of a number of epochs',
    helpGroup: LOCAL_MODELS,
  }),
  'compute-budget': numberFlag({
    above: 0,
    helpValue: 'FLOPS',
    summary:
      'train with at most FLOPS floating-point operations, 6 per parameter and token, instead of a number of epochs',
    helpGroup: LOCAL_MODELS,
  }),
  loss: Flags.option({
    options: LOSSES,
    summary:
      'part of each text that the loss covers: all of it, its completion, or the name or description at its end',
    helpGroup: LOCAL_MODELS,
    defaultHelp: async () => DEFAULT_LOSS,
  })(),
}

/** What to train and on what: shared by `finetune:start` and `finetune:estimate`. */
export const finetuneFlags = underscoreAliases({
  provider: providerFlag(),
  'provider-option': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEY=VALUE',
    summary: 'option of the provider; may be repeated',
  }),
  'model-name': Flags.string({
    default: 'ada',
    summary:
      'base model: ada, babbage, curie or davinci; a pretrained model as hf:ORG/NAME[@REVISION], FOLDER or FILE.gguf; a hosted model by its name on the server',
  }),
  'dataset-name': Flags.string({
    summary: 'data set (name or directory)',
    description: 'Trains on its all.jsonl and validates on its unrealized_examples.jsonl.',
  }),
  'training-file': Flags.string({ summary: 'JSONL file to train on, instead of the data set’s own' }),
  'validation-file': Flags.string({ summary: 'JSONL file to validate on, instead of the data set’s own' }),
  'learning-rate-multiplier': numberFlag({
    default: 0.2,
    above: 0,
    summary: 'multiplier of the base learning rate',
  }),
  'batch-size': Flags.integer({ default: 16, min: 1, summary: 'examples per step' }),
  'n-epochs': Flags.integer({
    min: 1,
    exclusive: ['token-budget', 'compute-budget'],
    summary: 'passes over the training file',
    defaultHelp: async () =>
      '10; more for a local model on a small data set; 50 with --objective masked-uniform',
  }),
  dropout: numberFlag({
    min: 0,
    max: 0.9,
    summary: 'share of channels that a local model drops during training',
    helpGroup: LOCAL_MODELS,
    defaultHelp: async () => `${DEFAULT_DROPOUT}; 0 with --objective masked-uniform`,
  }),
  objective: Flags.option({
    options: OBJECTIVES,
    summary: 'what a local model trained from scratch learns to predict (docs/objectives.md)',
    helpGroup: LOCAL_MODELS,
    defaultHelp: async () => DEFAULT_OBJECTIVE,
  })(),
  ...extentFlags,
  ...pretrainedFlags,
  'num-finetunes': Flags.integer({ default: 1, min: 1, summary: 'number of runs, with consecutive seeds' }),
  seed: Flags.integer({ default: 42, summary: 'seed of the (first) run' }),
  suffix: Flags.string({ summary: 'suffix for the name of the fine-tuned model' }),
  label: labelFlag(),
  tag: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    summary: 'tag for the new runs; may be repeated',
    defaultHelp: async () => 'eval for runs trained on this machine',
  }),
  'no-tag': Flags.boolean({ default: false, exclusive: ['tag'], summary: 'do not tag the new runs' }),
})

/** Flags that only some providers take. */
const LOCAL_FLAGS = [
  'objective',
  ...(Object.keys(extentFlags) as (keyof typeof extentFlags)[]),
  ...(Object.keys(pretrainedFlags) as (keyof typeof pretrainedFlags)[]),
] as const

/** The flags as the library takes them. Throws InputError FLAG_UNUSED for those that do not apply to this provider. */
export function finetuneOptions(
  flags: Interfaces.InferredFlags<typeof finetuneFlags>,
  {
    entry: provider,
    opened,
    providers,
    signal,
  }: Pick<Registered<ProviderDescriptor>, 'entry'> & {
    opened: FineTuneProvider
    providers: Registry<ProviderDescriptor>
    signal: AbortSignal
  },
): FineTuneOptions {
  const cwd = process.cwd()
  return {
    cwd,
    provider,
    nameModel: namingModels(opened, { cwd, signal }),
    epochsWithin: epochsWithinBudget(opened),
    providerOptions: flags['provider-option']?.filter((text) => !isSetting(text, provider)),
    model: flags['model-name'],
    datasetName: flags['dataset-name'],
    trainingFile: flags['training-file'],
    validationFile: flags['validation-file'],
    hyperparameters: {
      learningRateMultiplier: flags['learning-rate-multiplier'],
      batchSize: flags['batch-size'],
      nEpochs: flags['n-epochs'],
      ...(flags.dropout !== undefined && { dropout: flags.dropout }),
      ...(flags.objective !== undefined && { objective: flags.objective }),
      ...(flags['token-budget'] !== undefined && { tokenBudget: flags['token-budget'] }),
      ...(flags['compute-budget'] !== undefined && { computeBudget: flags['compute-budget'] }),
      ...(flags.loss !== undefined && { loss: flags.loss }),
      ...pretrainedOptions(flags, { provider, providers }),
      seed: flags.seed,
    },
    finetunes: flags['num-finetunes'],
    suffix: flags.suffix,
    label: flags.label,
    tags: flags.tag?.flatMap(parseTags) ?? (flags['no-tag'] ? [] : usualTags(provider)),
  }
}

/** The flags as providers take them. Throws InputError FLAG_UNUSED for those that do not apply to this provider. */
export function pretrainedOptions(
  flags: Interfaces.InferredFlags<typeof pretrainedFlags> &
    Partial<Record<(typeof LOCAL_FLAGS)[number], unknown>>,
  chosen: { provider: ProviderDescriptor; providers: Registry<ProviderDescriptor> },
): Pick<FineTuneOptions['hyperparameters'], 'method' | 'loraRank' | 'loraAlpha' | 'loraTargets'> {
  refuseInapplicable(
    LOCAL_FLAGS.filter((name) => flags[name] !== undefined),
    chosen,
  )
  const { method, 'lora-rank': loraRank, 'lora-alpha': loraAlpha, 'lora-targets': loraTargets } = flags
  return {
    ...(method !== undefined && { method }),
    ...(loraRank !== undefined && { loraRank }),
    ...(loraAlpha !== undefined && { loraAlpha }),
    ...(loraTargets !== undefined && { loraTargets }),
  }
}

/**
 * The default tags, which `eval:run` evaluates. Hosted models cost money when they are evaluated, so the user tags
 * them.
 */
function usualTags({ runs }: ProviderDescriptor): string[] {
  return runs === 'here' ? ['eval'] : []
}
