import { basename, join, resolve } from 'node:path'
import { Flags } from '@oclif/core'
import { SHIPPED_ALIASES } from '../lib/datasets/celebrities/names.ts'
import { PROMPT_STYLES } from '../lib/datasets/celebrities/prompts.ts'
import { underscoreAliases } from './flags.ts'
import { modelFlags } from './model-flags.ts'
import { hostedModelFlags, serverFlags } from './server-flags.ts'

/** What `celebs:find` and `celebs:test` share. */
export const celebsFlags = {
  ...modelFlags,
  ...underscoreAliases({ ...hostedModelFlags, ...serverFlags }),
  ...underscoreAliases({
    'model-name': Flags.string({
      aliases: ['model'],
      required: true,
      summary:
        'model to ask: the name of a hosted model, a run ID, the folder of a trained model, or gguf:PATH',
    }),
    'prompt-style': Flags.option({
      options: PROMPT_STYLES,
      default: 'original',
      summary: 'instruction and examples as in the original, the question alone, or a sentence to complete',
    })(),
    aliases: Flags.string({
      summary: 'CSV file (name,alias) of other names that count as right',
      defaultHelp: async () => 'those that come with the tool',
    }),
    'exact-names': Flags.boolean({
      default: false,
      exclusive: ['aliases'],
      summary: 'the original’s rule: an answer begins with the name letter by letter, no aliases',
    }),
    seed: Flags.integer({ default: 42, summary: 'seed of --limit and, on this machine, of samples' }),
    output: Flags.string({
      char: 'o',
      summary: 'CSV file to write',
      defaultHelp: async () => 'named after the model, in data/celebrity_relations',
    }),
    overwrite: Flags.boolean({ default: false, summary: 'replace an output file that is there' }),
    resume: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'go on with what was asked; --no-resume asks all again',
    }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'do not ask before money is spent' }),
  }),
}

interface CelebsFlags {
  'model-name': string
  aliases?: string | undefined
  'exact-names': boolean
  seed: number
  output?: string | undefined
  overwrite: boolean
  resume: boolean
}

/** The flags as the library takes them; `suffix` ends the name of the output file. */
export function celebsOptions(flags: CelebsFlags, { home, suffix }: { home: string; suffix: string }) {
  const modelName = displayName(flags['model-name'])
  const file = `${modelName.replaceAll(/[^\w.@+-]+/g, '_')}_${suffix}.csv`
  return {
    modelName,
    aliasesFile: flags['exact-names'] ? null : (flags.aliases ?? SHIPPED_ALIASES),
    seed: flags.seed,
    journals: join(home, 'celebrities'),
    output: resolve(flags.output ?? join('data/celebrity_relations', file)),
    overwrite: flags.overwrite,
    fresh: !flags.resume,
  }
}

/** A model as tables call it: a file or folder by its own name alone. */
function displayName(reference: string): string {
  return /^gguf:|[\\/]$|^[./~]/.test(reference) ? basename(reference, '.gguf') : reference
}
