import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import type { CreateReverseOptions } from '../../lib/datasets/reverse/create.ts'
import { DEFAULT_REVERSE_OPTIONS } from '../../lib/datasets/reverse/generate.ts'
import { integerFlag, underscoreAliases } from './common.ts'

/** Facts, sizes and directory of a data set of experiment 1. */
export const reverseFlags = underscoreAliases({
  'num-examples-per-group': integerFlag({
    default: DEFAULT_REVERSE_OPTIONS.examplesPerGroup,
    min: 2,
    summary: 'facts in each of the three groups',
  }),
  'num-train-examples': integerFlag({
    default: DEFAULT_REVERSE_OPTIONS.trainExamples,
    min: 1,
    summary: 'number of templates to train on, from the start of the file',
  }),
  'num-test-examples': integerFlag({
    default: DEFAULT_REVERSE_OPTIONS.testExamples,
    min: 1,
    summary: 'number of templates to test on, the next in the file',
  }),
  seed: integerFlag({
    default: DEFAULT_REVERSE_OPTIONS.seed,
    summary: 'seed of the draw of names and descriptions',
  }),
  'dataset-name': Flags.string({
    summary: 'name of the data set’s directory',
    defaultHelp: async () => 'the options and a hash of the content',
  }),
  'output-dir': Flags.string({
    summary: 'directory to write to, or with --dataset-name its parent',
    defaultHelp: async () => 'data/reverse_experiments/NAME',
  }),
  overwrite: Flags.boolean({ default: false, summary: 'replace an existing data set' }),
  names: Flags.string({ summary: 'file of names, one per line', helpGroup: 'FACTS' }),
  descriptions: Flags.string({ summary: 'file of descriptions, one per line', helpGroup: 'FACTS' }),
  'p2d-templates': Flags.string({
    summary: 'file of templates with <name> before <description>',
    helpGroup: 'FACTS',
  }),
  'd2p-templates': Flags.string({
    summary: 'file of templates with <description> before <name>',
    helpGroup: 'FACTS',
  }),
})

/** The flags as the library takes them. */
export function reverseOptions(
  flags: Interfaces.InferredFlags<typeof reverseFlags>,
): Omit<CreateReverseOptions, 'command' | 'toolVersion'> {
  return {
    cwd: process.cwd(),
    examplesPerGroup: flags['num-examples-per-group'],
    trainExamples: flags['num-train-examples'],
    testExamples: flags['num-test-examples'],
    seed: flags.seed,
    datasetName: flags['dataset-name'],
    outputDir: flags['output-dir'],
    factFiles: {
      names: flags.names,
      descriptions: flags.descriptions,
      p2dTemplates: flags['p2d-templates'],
      d2pTemplates: flags['d2p-templates'],
    },
    overwrite: flags.overwrite,
  }
}
