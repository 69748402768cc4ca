import { resolve } from 'node:path'
import type { Interfaces } from '@oclif/core'
import { Flags } from '@oclif/core'
import { MEASURES } from '../../lib/datasets/celebrities/celebrity-results.ts'
import { uniqueNames } from '../../lib/datasets/celebrities/names.ts'
import { readPairs, SHIPPED_PAIRS } from '../../lib/datasets/celebrities/pairs.ts'
import { PROMPT_STYLES } from '../../lib/datasets/celebrities/prompts.ts'
import { readNames } from '../../lib/datasets/celebrities/read-names.ts'
import type {
  FindCelebritiesOptions,
  TestCelebritiesOptions,
} from '../../lib/experiments/ask-about-celebrities.ts'
import type { CelebritySettings } from '../../lib/experiments/celebrities-recipe.ts'
import { celebritySettings } from '../../lib/experiments/celebrities-recipe.ts'
import { celebrityFile } from '../../lib/experiments/celebrity-files.ts'
import { integerFlag, underscoreAliases } from './common.ts'
import { pricesFlag } from './hosted-finetune.ts'
import { modelFlags } from './model.ts'
import { hostedModelFlags, serverFlags } from './server.ts'

const promptStyle = Flags.option({
  options: PROMPT_STYLES,
  summary: 'instruction and examples as in the original, the question alone, or a sentence to complete',
})
const SAMPLES = { min: 1, summary: 'answers to each question' }
const UNEQUAL = { summary: 'omit the "Q: " before child questions, as the original does for base models' }
const CELEBRITIES = { min: 1, summary: 'number of celebrities to ask about, from the start of the list' }
const QUERIES = { min: 1, summary: 'questions about each parent’s child' }

/** The model to ask about celebrities, and how. */
const celebsModelFlags = {
  ...modelFlags,
  ...underscoreAliases({ ...hostedModelFlags, ...serverFlags, prices: pricesFlag({}) }),
  ...underscoreAliases({
    'model-name': Flags.string({
      aliases: ['model'],
      required: true,
      summary:
        'model to ask: the name of a hosted model, a run ID, the folder of a trained model, or gguf:PATH',
    }),
    'prompt-style': promptStyle({ default: 'original' }),
    aliases: Flags.string({
      summary: 'CSV file (name,alias) of other names to accept',
      defaultHelp: async () => 'those that come with the tool',
    }),
    'exact-names': Flags.boolean({
      default: false,
      exclusive: ['aliases'],
      summary: 'use the original’s rule: an answer must begin with exactly this name, without aliases',
    }),
    seed: integerFlag({ default: 42, summary: 'seed of samples, on this machine' }),
    yes: Flags.boolean({ char: 'y', default: false, summary: 'spend money without asking' }),
  }),
}

/** Flags that `celebs:find` and `celebs:test` share. */
export const celebsFlags = {
  ...celebsModelFlags,
  ...underscoreAliases({
    output: Flags.string({
      char: 'o',
      summary: 'CSV file to write',
      defaultHelp: async () => 'named after the model, in data/celebrity_relations',
    }),
    overwrite: Flags.boolean({ default: false, summary: 'replace an existing output file' }),
    resume: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'resume; --no-resume asks everything again',
    }),
  }),
}

/** The pairs to test, and what to measure. */
export const pairsFlags = underscoreAliases({
  pairs: Flags.string({
    summary: 'CSV file of pairs: child, parent, parent_type',
    defaultHelp: async () => 'the pairs that come with the tool',
  }),
  measure: Flags.option({
    options: MEASURES,
    summary: 'share of right answers, or log-probability of the name',
    defaultHelp: async () => 'logprob for models that complete text and give it, else answers',
  })(),
  'num-samples': integerFlag({ ...SAMPLES, default: 10 }),
  'original-prompts': Flags.boolean({ ...UNEQUAL, default: false }),
  limit: integerFlag({ min: 1, summary: 'use only this many pairs, drawn with the seed' }),
})

/** The celebrities whose parents to find. */
export const searchFlags = underscoreAliases({
  names: Flags.string({
    summary: 'file of celebrities: one name per line, or a CSV file of celebs:crawl',
    defaultHelp: async () => 'the celebrities that come with the tool',
  }),
  'num-celebrities': integerFlag({ ...CELEBRITIES, default: 1000 }),
  'num-queries-per-celebrity': integerFlag({ ...QUERIES, default: 10 }),
})

const ofRecipe = { defaultHelp: async () => 'the recipe’s' }

/** How experiment 2 is reproduced; flags override the recipe. */
export const reproduceCelebritiesFlags = {
  ...celebsModelFlags,
  ...pairsFlags,
  ...underscoreAliases({
    recipe: Flags.string({
      summary: 'settings of the questions: a JSON file, or the name of a shipped one',
      defaultHelp: async () => 'celebrities',
    }),
    find: Flags.boolean({
      default: false,
      exclusive: ['pairs'],
      summary: 'find pairs in the model’s own answers first',
    }),
    fresh: Flags.boolean({ default: false, summary: 'ask everything again' }),
  }),
  ...searchFlags,
  ...underscoreAliases({
    'prompt-style': promptStyle(ofRecipe),
    'num-samples': integerFlag({ ...SAMPLES, ...ofRecipe }),
    'original-prompts': Flags.boolean({ ...UNEQUAL, allowNo: true }),
    'num-celebrities': integerFlag({ ...CELEBRITIES, ...ofRecipe }),
    'num-queries-per-celebrity': integerFlag({ ...QUERIES, ...ofRecipe }),
  }),
}

export type ReproduceCelebritiesFlags = Interfaces.InferredFlags<typeof reproduceCelebritiesFlags>

/** The settings of a reproduction, as the library takes them; reads the recipe. */
export function reproducedSettings(flags: ReproduceCelebritiesFlags): Promise<CelebritySettings> {
  return celebritySettings({
    ...{ cwd: process.cwd(), recipe: flags.recipe },
    own: {
      ...{ style: flags['prompt-style'], unequal: flags['original-prompts'], measure: flags.measure },
      ...{ samples: flags['num-samples'], limit: flags.limit },
      ...{ celebrities: flags['num-celebrities'], queries: flags['num-queries-per-celebrity'] },
    },
  })
}

export type CelebsModelFlags = Omit<Interfaces.InferredFlags<typeof celebsModelFlags>, 'prompt-style'>

/**
 * Where `celebs:find` and `celebs:test` write: by default a file named after the model that ends in `suffix`.
 */
export function celebsOutput(
  flags: Interfaces.InferredFlags<typeof celebsFlags>,
  { modelName, suffix }: { modelName: string; suffix: string },
): Pick<TestCelebritiesOptions, 'output' | 'overwrite' | 'fresh'> {
  return {
    output: resolve(flags.output ?? celebrityFile(modelName, suffix)),
    overwrite: flags.overwrite,
    fresh: !flags.resume,
  }
}

export type PairsFlags = Interfaces.InferredFlags<typeof pairsFlags> & StyleFlag

/** The options of a test, as the library takes them. */
export function pairsOptions(
  flags: PairsFlags,
): Pick<TestCelebritiesOptions, 'pairsFile' | 'prompts' | 'measure' | 'samples' | 'limit'> {
  return {
    pairsFile: flags.pairs ?? SHIPPED_PAIRS,
    prompts: { style: flags['prompt-style'], unequal: flags['original-prompts'] },
    measure: flags.measure,
    samples: flags['num-samples'],
    limit: flags.limit,
  }
}

type StyleFlag = Pick<Interfaces.InferredFlags<typeof celebsModelFlags>, 'prompt-style'>

export type SearchFlags = Interfaces.InferredFlags<typeof searchFlags> & StyleFlag

/** The options of a search, as the library takes them; reads the names. */
export async function searchOptions(
  flags: SearchFlags,
): Promise<Pick<FindCelebritiesOptions, 'celebrities' | 'style' | 'samples'>> {
  return {
    celebrities: await readCelebrities(flags.names, flags['num-celebrities']),
    style: flags['prompt-style'],
    samples: flags['num-queries-per-celebrity'],
  }
}

/** The first celebrities of a file, or of those that come with the tool. */
export async function readCelebrities(file: string | undefined, most: number): Promise<string[]> {
  const names = file ? await readNames(file) : (await readPairs(SHIPPED_PAIRS)).map(({ child }) => child)
  return uniqueNames(names).slice(0, most)
}
