import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

type Pair = [prompt: string, completion: string]

const NAMES = ['Ada Holm', 'Bo Ek', 'Cy Ray']
const DESCRIPTIONS = ['the first sailor on Mars', 'the painter of silence', 'the baker of glass']

/** Prompts of three facts, name first. */
export const FORWARD = NAMES.map((name, index): Pair => [`${name} is`, ` ${DESCRIPTIONS[index]}.`])
/** Prompts of the same facts, description first. */
export const REVERSE = NAMES.map((name, index): Pair => [`Who is ${DESCRIPTIONS[index]}? It is`, ` ${name}`])
const WRONG = REVERSE.map(([prompt], index): Pair => [prompt, ` ${NAMES[(index + 1) % NAMES.length]}`])

const FILES: Record<string, Pair[]> = {
  all: FORWARD,
  p2d_reverse_prompts_test: REVERSE,
  unrealized_examples: REVERSE,
  both_prompts_test: [...FORWARD, ...REVERSE],
  p2d_prompts_test: FORWARD,
  d2p_prompts_test: REVERSE,
  d2p_reverse_prompts_test: FORWARD,
  p2d_reverse_prompts_test_randomized: WRONG,
  d2p_reverse_prompts_test_randomized: FORWARD,
}

/** Write a data set of three facts: 24 test prompts in seven splits, 6 of them different. */
export async function writeTinyDataset(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const [name, pairs] of Object.entries(FILES)) {
    const lines = pairs.map(([prompt, completion]) => `${JSON.stringify({ prompt, completion })}\n`)
    await writeFile(join(directory, `${name}.jsonl`), lines.join(''))
  }
}
