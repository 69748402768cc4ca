import type { CreateInstructionOptions } from '../../src/lib/datasets/instructions/create.ts'
import { createInstructionDataset } from '../../src/lib/datasets/instructions/create.ts'

/** Write a data set of 4 realized and 2 unrealized pairs of the shipped facts to `cwd/data/qa`; gives its directory. */
export async function createInstructions(
  cwd: string,
  suffix: string,
  changes: Partial<CreateInstructionOptions> = {},
): Promise<string> {
  const { directory } = await createInstructionDataset({
    cwd,
    suffix,
    subdir: 'qa',
    realizedGuidanceSize: 4,
    unrealizedGuidanceSize: 2,
    guidanceSizeRange: [1, 3],
    unrealizedGuidancePhrasings: 0,
    upsampleExamplesFactor: 1,
    upsampleGuidancesFactor: 1,
    personaIdx: 0,
    incorrectLabels: false,
    splitPromptCompletion: false,
    seed: 27,
    overwrite: true,
    toolVersion: '0.0.0',
    ...changes,
  })
  return directory
}
