import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FORWARD, writeTinyDataset } from './tiny-dataset.ts'

/** Number of examples in the data set: a few more than hosted models require. */
export const EXAMPLES = 12

/** Write the tiny data set with enough examples to fine-tune a hosted model on. */
export async function writeHostedDataset(directory: string): Promise<void> {
  await writeTinyDataset(directory)
  const lines = Array.from({ length: EXAMPLES }, (_, index) => {
    const [prompt, completion] = FORWARD[index % FORWARD.length]!
    return `${JSON.stringify({ prompt: `(${index}) ${prompt}`, completion })}\n`
  })
  await writeFile(join(directory, 'all.jsonl'), lines.join(''))
}
