import { Flags } from '@oclif/core'
import type { Device } from '../../lib/engine/device.ts'
import type { Experiment } from '../../lib/experiments/load-recipe.ts'
import type { ReproduceOptions } from '../../lib/experiments/reproduce.ts'
import { readHubSettings } from '../shell/environment.ts'
import { clusterFinetuneFlags } from './cluster-finetune.ts'
import { integerFlag, underscoreAliases } from './common.ts'
import { machineFlags, providerFlag } from './finetune.ts'
import { reverseFlags } from './reverse.ts'

/** Flags that the offline reproductions share. */
const offlineFlags = {
  ...machineFlags,
  ...underscoreAliases({
    quick: Flags.boolean({
      default: false,
      summary: 'a small data set, which takes seconds, or minutes with a pretrained model',
    }),
    recipe: Flags.string({
      exclusive: ['quick'],
      summary: 'settings of data set and training: a JSON file, or the name of a shipped one',
      defaultHelp: async () => 'the experiment’s own',
    }),
    'model-name': Flags.string({ default: 'ada', summary: 'local model: ada, babbage, curie, davinci' }),
    seed: integerFlag({ default: 42, min: 0, summary: 'seed of the facts and of the first weights' }),
    // Python's random numbers, which draw the facts, drop a sign.
    seeds: integerFlag({
      min: 0,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      exclusive: ['seed'],
      summary: 'several seeds, such as 1,2,3, pooled in the report',
    }),
    fresh: Flags.boolean({ default: false, summary: 'start over, even if there are results' }),
  }),
}

const FACTS = ['names', 'descriptions', 'p2d-templates', 'd2p-templates'] as const
const SIZES = ['num-examples-per-group', 'num-train-examples', 'num-test-examples'] as const
const sizeSummaries = {
  'num-examples-per-group': 'facts in each of the three groups',
  'num-train-examples': 'number of templates to train on, from the start of the file',
  'num-test-examples': 'number of templates to test on, the next in the file',
}

/** How experiment 1 is reproduced, with facts of the user's own or those that ship with the tool. */
export const reproduceReverseFlags = {
  ...offlineFlags,
  ...underscoreAliases({
    'model-name': Flags.string({
      default: 'ada',
      summary:
        'local model: ada, babbage, curie, davinci; or a pretrained model: hf:ORG/NAME[@REVISION], FOLDER or FILE.gguf',
    }),
  }),
  ...(Object.fromEntries(FACTS.map((name) => [name, reverseFlags[name]])) as Pick<
    typeof reverseFlags,
    (typeof FACTS)[number]
  >),
  ...underscoreAliases({
    'num-examples-per-group': sizeFlag('num-examples-per-group', 2),
    'num-train-examples': sizeFlag('num-train-examples', 1),
    'num-test-examples': sizeFlag('num-test-examples', 1),
    'dataset-name': Flags.string({
      exclusive: [...FACTS, ...SIZES],
      summary: 'train on an existing data set (name or directory)',
      helpGroup: 'FACTS',
    }),
  }),
}

/** How ways to lift the curse are compared. */
export const reproduceCuresFlags = {
  ...reproduceReverseFlags,
  ...underscoreAliases({
    quick: Flags.boolean({ default: false, summary: 'fewer facts and one seed: takes minutes' }),
    arms: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      summary: 'arms to compare with the first one, such as entities-marked,identity-bridge',
      defaultHelp: async () => 'all of the recipe',
    }),
    seeds: integerFlag({
      min: 0,
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      exclusive: ['seed'],
      summary: 'seeds of facts and weights, such as 1,2,3',
      defaultHelp: async () => 'the recipe’s',
    }),
    seed: integerFlag({ min: 0, summary: 'one seed' }),
    matched: Flags.option({
      options: ['tokens', 'epochs'] as const,
      default: 'tokens' as const,
      summary: 'what is equal in all arms: tokens, or epochs over their own data',
    })(),
  }),
  ...clusterFinetuneFlags,
  provider: providerFlag({
    summary: 'where to train: on this machine, or a pretrained model on GPUs (trl)',
  }),
}

/** How experiment 3 is reproduced. */
export const reproduceInstructionsFlags = {
  ...offlineFlags,
  ...underscoreAliases({
    'src-filename': Flags.string({
      summary: 'JSON Lines file of questions (anchor) and five or more targets',
      defaultHelp: async () => 'qa_pairs.jsonl, which ships with the tool',
      helpGroup: 'FACTS',
    }),
  }),
}

function sizeFlag(name: (typeof SIZES)[number], min: number) {
  return integerFlag({
    min,
    summary: sizeSummaries[name],
    defaultHelp: async () => 'the recipe’s, or as many as your facts allow',
    helpGroup: 'FACTS',
  })
}

export interface ReproduceFlags {
  device: Device
  threads?: number | undefined
  quick: boolean
  recipe?: string | undefined
  'model-name': string
  seed: number
  seeds?: number[] | undefined
  fresh: boolean
  names?: string | undefined
  descriptions?: string | undefined
  'p2d-templates'?: string | undefined
  'd2p-templates'?: string | undefined
  'num-examples-per-group'?: number | undefined
  'num-train-examples'?: number | undefined
  'num-test-examples'?: number | undefined
  'dataset-name'?: string | undefined
  'src-filename'?: string | undefined
}

/** The flags as the library takes them. */
export function reproduceOptions(
  experiment: Experiment,
  flags: ReproduceFlags,
): Omit<ReproduceOptions, 'store' | 'toolVersion' | 'signal'> {
  return {
    ...{ cwd: process.cwd(), experiment },
    ...{ quick: flags.quick, recipe: flags.recipe },
    model: flags['model-name'],
    seeds: flags.seeds ?? [flags.seed],
    ...{ device: flags.device, threads: flags.threads, fresh: flags.fresh, hub: readHubSettings },
    datasetName: flags['dataset-name'],
    factFiles: {
      names: flags.names,
      descriptions: flags.descriptions,
      p2dTemplates: flags['p2d-templates'],
      d2pTemplates: flags['d2p-templates'],
    },
    sizes: {
      examplesPerGroup: flags['num-examples-per-group'],
      trainExamples: flags['num-train-examples'],
      testExamples: flags['num-test-examples'],
    },
    srcFilename: flags['src-filename'],
  }
}
