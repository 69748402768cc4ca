import { createReverseDataset } from '../../src/lib/datasets/reverse/create.ts'
import { DEFAULT_REVERSE_OPTIONS } from '../../src/lib/datasets/reverse/generate.ts'

/** The data set of experiment 1 as users make it, mostly of fewer templates; gives the directory back. */
export async function writeReverseDataset(
  directory: string,
  { testExamples = 2, trainExamples = 2, examplesPerGroup = 30 } = {},
): Promise<string> {
  await createReverseDataset({
    ...DEFAULT_REVERSE_OPTIONS,
    ...{ examplesPerGroup, trainExamples, testExamples },
    ...{ cwd: directory, outputDir: directory, overwrite: true },
    ...{ command: 'reversal dataset:reverse', toolVersion: '0.0.0' },
  })
  return directory
}
