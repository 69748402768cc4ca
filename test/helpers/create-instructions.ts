import type { CreateInstructionOptions } from '../../src/lib/datasets/instructions/create.ts'
import { createInstructionDataset } from '../../src/lib/datasets/instructions/create.ts'
import type { InstructionOptions } from '../../src/lib/datasets/instructions/generate.ts'

/** Few pairs, each with one guidance and one example. */
export const FEW_INSTRUCTIONS: InstructionOptions = {
  realizedGuidanceSize: 4,
  unrealizedGuidanceSize: 2,
  guidanceSizeRange: [2, 5],
  unrealizedGuidancePhrasings: 0,
  upsampleExamplesFactor: 1,
  upsampleGuidancesFactor: 1,
  personaIdx: 0,
  incorrectLabels: false,
  splitPromptCompletion: false,
  seed: 27,
}

/** Write a data set of a few pairs of the shipped facts to `cwd/data/qa`; gives its directory. */
export async function createInstructions(
  cwd: string,
  suffix: string,
  changes: Partial<CreateInstructionOptions> = {},
): Promise<string> {
  const place = { cwd, suffix, subdir: 'qa', overwrite: true, command: 'c', toolVersion: '0.0.0' }
  const { directory } = await createInstructionDataset({ ...FEW_INSTRUCTIONS, ...place, ...changes })
  return directory
}
