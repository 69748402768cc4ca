import { join } from 'node:path'
import { createReverseDataset } from '../../src/lib/datasets/reverse/create.ts'
import { readTexts } from '../../src/lib/finetuning/texts.ts'

/** The data set of experiment 1 in its paper's size, written into a folder, and what is trained on. */
export async function writeExperiment1(cwd: string): Promise<{ directory: string; texts: string[] }> {
  const { directory } = await createReverseDataset({
    cwd,
    ...{ examplesPerGroup: 30, trainExamples: 30, testExamples: 10, seed: 42 },
    ...{ overwrite: false, command: 'bench', toolVersion: 'bench' },
  })
  return { directory, texts: await readTexts(join(directory, 'all.jsonl')) }
}
