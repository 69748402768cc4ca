import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import type { CreateRelationOptions } from '../../lib/datasets/relations/create.ts'
import { DEFAULT_RELATION_OPTIONS } from '../../lib/datasets/relations/generate.ts'
import { RELATIONS } from '../../lib/datasets/relations/read-relations.ts'
import { integerFlag, underscoreAliases } from './common.ts'

/** Facts, sizes and directory of a data set of relations. */
export const relationFlags = underscoreAliases({
  relation: Flags.option({
    options: RELATIONS,
    multiple: true,
    multipleNonGreedy: true,
    summary: 'relation that ships with the tool; may be repeated',
    defaultHelp: async () => 'parents, unless --relation-file is given',
    helpGroup: 'FACTS',
  })(),
  'relation-file': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    summary: 'JSON file of your own relation, with its facts and templates; may be repeated',
    helpGroup: 'FACTS',
  }),
  'num-examples-per-group': integerFlag({
    default: DEFAULT_RELATION_OPTIONS.examplesPerGroup,
    min: 2,
    summary: 'facts of each relation in each of the three groups',
  }),
  'num-train-examples': integerFlag({
    default: DEFAULT_RELATION_OPTIONS.trainExamples,
    min: 1,
    summary: 'number of templates to train on, from the start of the list',
  }),
  'num-test-examples': integerFlag({
    default: DEFAULT_RELATION_OPTIONS.testExamples,
    min: 1,
    summary: 'number of templates to test on, the next in the list',
  }),
  'two-hop': Flags.boolean({
    default: DEFAULT_RELATION_OPTIONS.twoHop,
    allowNo: true,
    summary: 'also train facts about the second name and a third, and test whether the model combines both',
  }),
  seed: integerFlag({ default: DEFAULT_RELATION_OPTIONS.seed, summary: 'seed of the draw of facts' }),
  'dataset-name': Flags.string({
    summary: 'name of the data set’s directory',
    defaultHelp: async () => 'the relations, the options and a hash of the content',
  }),
  'output-dir': Flags.string({
    summary: 'directory to write to, or with --dataset-name its parent',
    defaultHelp: async () => 'data/relation_experiments/NAME',
  }),
  overwrite: Flags.boolean({ default: false, summary: 'replace an existing data set' }),
})

/** The flags as the library takes them. */
export function relationOptions(
  flags: Interfaces.InferredFlags<typeof relationFlags>,
): Omit<CreateRelationOptions, 'command' | 'toolVersion'> {
  const files = flags['relation-file']
  return {
    cwd: process.cwd(),
    relations: flags.relation ?? (files === undefined ? ['parents'] : []),
    relationFiles: files,
    examplesPerGroup: flags['num-examples-per-group'],
    trainExamples: flags['num-train-examples'],
    testExamples: flags['num-test-examples'],
    twoHop: flags['two-hop'],
    seed: flags.seed,
    datasetName: flags['dataset-name'],
    outputDir: flags['output-dir'],
    overwrite: flags.overwrite,
  }
}
