import { Flags } from '@oclif/core'
import type { Order } from '../../lib/datasets/instructions/phrasings.ts'
import { rangeFlag, underscoreAliases } from './common.ts'

/** What `instructions:create` is told. */
export const instructionFlags = underscoreAliases({
  task: Flags.option({
    options: ['copypaste'] as const,
    default: 'copypaste',
    summary: 'kind of instructions',
  })(),
  'realized-guidance-size': Flags.integer({
    default: 1000,
    min: 0,
    summary: 'pairs whose guidance and example are trained on',
  }),
  'unrealized-guidance-size': Flags.integer({
    default: 100,
    min: 0,
    summary: 'pairs whose guidance is trained on and whose example is held out',
  }),
  'guidance-size-range': rangeFlag({
    default: [2, 5],
    defaultHelp: async () => '2,5',
    summary: 'fewest and most guidances in a document',
  }),
  'n-unrealized-guidance-phrasings': Flags.integer({
    default: 0,
    min: 0,
    summary: 'so many phrasings, the last ones, are for unrealized pairs only; 0: all are for all',
  }),
  'upsample-examples-factor': Flags.integer({
    default: 10,
    min: 0,
    summary: 'times that each realized example is trained on',
  }),
  'upsample-guidances-factor': Flags.integer({
    default: 10,
    min: 0,
    summary: 'guidances of each pair, one phrasing after another',
  }),
  'persona-idx': Flags.integer({
    default: 0,
    summary: 'which of a pair’s shuffled targets is its answer, from 0',
  }),
  'incorrect-labels': Flags.boolean({
    default: false,
    summary: 'let examples answer with another target than the guidance',
  }),
  'split-prompt-completion': Flags.boolean({
    default: false,
    summary:
      'split every document at its first A:, for encoder-decoder models; needs --guidance-size-range 1,1',
  }),
  seed: Flags.integer({ default: 27, summary: 'seed of all draws' }),
  suffix: Flags.string({ required: true, summary: 'end of the data set’s name' }),
  subdir: Flags.string({ default: 'qa', summary: 'folder in data/ to write the data set in' }),
  'output-dir': Flags.string({
    summary: 'directory to write, instead of the one that the sizes, --suffix and --subdir make',
    defaultHelp: async () => 'data/SUBDIR/copypaste_ug100_rg1000_SUFFIX',
  }),
  overwrite: Flags.boolean({ default: false, summary: 'replace a data set that is there' }),
  notes: Flags.string({ summary: 'a word of yours, kept in the manifest' }),
  'print-test': Flags.boolean({
    default: false,
    summary: 'print the command and the checksums of the files, to hold a test to',
  }),
  order: Flags.option({
    options: ['same', 'reverse'] as const,
    exclusive: ['guidance-phrasings-filename'],
    summary: 'shipped phrasings to use: question first, as in the test, or answer first',
    defaultHelp: async () => 'same',
    helpGroup: 'FACTS',
  })(),
  'src-filename': Flags.string({
    summary:
      'JSON Lines file of questions (anchor) and five or more targets: a path or the name of a shipped file',
    defaultHelp: async () => 'qa_pairs.jsonl',
    helpGroup: 'FACTS',
  }),
  'guidance-phrasings-filename': Flags.string({
    summary: 'file of phrasings with {anchor} and {target}, one a line: a path or the name of a shipped file',
    helpGroup: 'FACTS',
  }),
})

interface InstructionFlags {
  'realized-guidance-size': number
  'unrealized-guidance-size': number
  'guidance-size-range': [low: number, high: number]
  'n-unrealized-guidance-phrasings': number
  'upsample-examples-factor': number
  'upsample-guidances-factor': number
  'persona-idx': number
  'incorrect-labels': boolean
  'split-prompt-completion': boolean
  seed: number
  suffix: string
  subdir: string
  'output-dir'?: string | undefined
  overwrite: boolean
  notes?: string | undefined
  order?: Order | undefined
  'src-filename'?: string | undefined
  'guidance-phrasings-filename'?: string | undefined
}

/** The flags as the library takes them. */
export function instructionOptions(flags: InstructionFlags) {
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
