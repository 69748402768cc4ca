import { join } from 'node:path'
import { InputError } from '../../support/errors.ts'
import type { WrittenDataset } from '../write-dataset.ts'
import { datasetDirectory, writeDataset } from '../write-dataset.ts'
import type { ReadInstructionFactsOptions } from './facts.ts'
import { readInstructionFacts } from './facts.ts'
import type { InstructionOptions } from './generate.ts'
import { generateInstructionDataset } from './generate.ts'

/** The folder in `data/` that the original writes data sets of experiment 3 to. */
export const INSTRUCTIONS_SUBDIR = 'qa'

export interface CreateInstructionOptions extends InstructionOptions, ReadInstructionFactsOptions {
  /** The user's part of the data set's name. */
  suffix: string
  /** Folder in `data/` for the data set. */
  subdir: string
  /** The data set's directory, in place of the one that its name and `subdir` make. */
  outputDir?: string | undefined
  notes?: string | undefined
  overwrite: boolean
  /** The command that makes this data set, for its manifest. */
  command: string
  toolVersion: string
}

/** Writes the data set of experiment 3 (arXiv 2309.12288, section 2.3). */
export async function createInstructionDataset(options: CreateInstructionOptions): Promise<WrittenDataset> {
  const { unrealizedGuidanceSize, realizedGuidanceSize, suffix, subdir, seed, notes, command } = options
  if (subdir.split('/').includes('..')) {
    throw new InputError(`The folder ${subdir} is not within data/.`, {
      code: 'BAD_NAME',
      suggestions: ['set the directory with --output-dir'],
    })
  }
  const directory = datasetDirectory({
    ...options,
    parent: join('data', subdir),
    name: [
      `copypaste_ug${unrealizedGuidanceSize}_rg${realizedGuidanceSize}_${suffix}`,
      options.splitPromptCompletion ? 'split' : '',
    ].join(''),
    nameIsGiven: false,
  })
  const { facts, sources } = await readInstructionFacts(options)
  const { order, files } = generateInstructionDataset(facts, options)
  return writeDataset({
    ...options,
    directory,
    files,
    manifest: {
      kind: 'instructions',
      command,
      seed,
      options: { ...settingsOf(options), ...(order !== undefined && { order }) },
      facts: sources,
      ...(notes !== undefined && { notes }),
    },
  })
}

/** The generator's options, under the original's names. */
function settingsOf(options: InstructionOptions) {
  return {
    realized_guidance_size: options.realizedGuidanceSize,
    unrealized_guidance_size: options.unrealizedGuidanceSize,
    guidance_size_range: options.guidanceSizeRange.join(','),
    n_unrealized_guidance_phrasings: options.unrealizedGuidancePhrasings,
    upsample_examples_factor: options.upsampleExamplesFactor,
    upsample_guidances_factor: options.upsampleGuidancesFactor,
    persona_idx: options.personaIdx,
    incorrect_labels: options.incorrectLabels,
    split_prompt_completion: options.splitPromptCompletion,
  }
}
