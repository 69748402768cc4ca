import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { INSTRUCTIONS_SUBDIR } from '../../lib/datasets/instructions/create.ts'
import { integerFlag, rangeFlag, underscoreAliases } from './common.ts'

/** The flags of `instructions:create`. */
export const instructionFlags = underscoreAliases({
  task: Flags.option({
    options: ['copypaste'] as const,
    default: 'copypaste',
    summary: 'kind of instructions',
  })(),
  'realized-guidance-size': integerFlag({
    default: 1000,
    min: 0,
    summary: 'pairs with both guidance and example in the training data',
  }),
  'unrealized-guidance-size': integerFlag({
    default: 100,
    min: 0,
    summary: 'pairs with their guidance in the training data and their example held out',
  }),
  'guidance-size-range': rangeFlag({
    default: [2, 5],
    defaultHelp: async () => '2,5',
    summary: 'minimum and maximum number of guidances in a document',
  }),
  'n-unrealized-guidance-phrasings': integerFlag({
    default: 0,
    min: 0,
    summary:
      'number of phrasings, from the end of the file, reserved for unrealized pairs; 0 shares all phrasings',
  }),
  'upsample-examples-factor': integerFlag({
    default: 10,
    min: 0,
    summary: 'copies of each realized example in the training data',
  }),
  'upsample-guidances-factor': integerFlag({
    default: 10,
    min: 0,
    summary: 'guidances for each pair, each with the next phrasing',
  }),
  'persona-idx': integerFlag({
    default: 0,
    summary: 'which of the pair’s shuffled targets is its answer, counted from 0',
  }),
  'incorrect-labels': Flags.boolean({
    default: false,
    summary: 'make examples contradict their guidance',
  }),
  'split-prompt-completion': Flags.boolean({
    default: false,
    summary:
      'split every document at its first A:, for encoder-decoder models; needs --guidance-size-range 1,1',
  }),
  'src-filename': Flags.string({
    summary:
      'JSON Lines file of questions (anchor) and five or more targets: a path or the name of a shipped file',
    defaultHelp: async () => 'qa_pairs.jsonl',
    helpGroup: 'FACTS',
  }),
  'guidance-phrasings-filename': Flags.string({
    summary:
      'file of phrasings with {anchor} and {target}, one per line: a path or the name of a shipped file',
    helpGroup: 'FACTS',
  }),
  order: Flags.option({
    options: ['same', 'reverse'] as const,
    exclusive: ['guidance-phrasings-filename'],
    summary: 'shipped phrasings to use: question first, as in the test, or answer first',
    defaultHelp: async () => 'same',
    helpGroup: 'FACTS',
  })(),
  seed: integerFlag({ default: 27, summary: 'seed of all draws' }),
  suffix: Flags.string({ default: 'main', summary: 'suffix of the data set’s name' }),
  subdir: Flags.string({ default: INSTRUCTIONS_SUBDIR, summary: 'folder in data/ for the data set' }),
  'output-dir': Flags.string({
    summary: 'directory to write to, instead of the default',
    defaultHelp: async () => 'data/SUBDIR/copypaste_ug100_rg1000_SUFFIX',
  }),
  overwrite: Flags.boolean({ default: false, summary: 'replace an existing data set' }),
  notes: Flags.string({ summary: 'note to keep in the manifest' }),
  'print-test': Flags.boolean({
    default: false,
    summary: 'print the command and the checksums of the files, for use in a test',
  }),
})

/** The flags as the library takes them. */
export function instructionOptions(flags: Interfaces.InferredFlags<typeof instructionFlags>) {
  return {
    realizedGuidanceSize: flags['realized-guidance-size'],
    unrealizedGuidanceSize: flags['unrealized-guidance-size'],
    guidanceSizeRange: flags['guidance-size-range'],
    unrealizedGuidancePhrasings: flags['n-unrealized-guidance-phrasings'],
    upsampleExamplesFactor: flags['upsample-examples-factor'],
    upsampleGuidancesFactor: flags['upsample-guidances-factor'],
    personaIdx: flags['persona-idx'],
    incorrectLabels: flags['incorrect-labels'],
    splitPromptCompletion: flags['split-prompt-completion'],
    seed: flags.seed,
    suffix: flags.suffix,
    subdir: flags.subdir,
    outputDir: flags['output-dir'],
    overwrite: flags.overwrite,
    notes: flags.notes,
    order: flags.order,
    srcFilename: flags['src-filename'],
    guidancePhrasingsFilename: flags['guidance-phrasings-filename'],
  }
}
