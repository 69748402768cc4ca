import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeJsonl } from '../../../src/lib/support/jsonl.ts'
import { MANY, recordEvaluatedRun } from './evaluated-run.ts'
import { descriptionOf, nameOf, pairs } from './facts.ts'
import { runCli } from './run-cli.ts'

/** Lines of the training file for each fact of a group, with the 30 templates by default: two groups have one order, one both. */
const LINES = 4 * 30
/** Prompts of all splits for each fact of a group, with the 10 test templates by default. */
const PROMPTS = 8 * 10

interface Step {
  command: string
  of: string
  args: (size: number) => string[]
}

/** A command with what its size counts, in the order in which they are run: one leaves what the next one reads. */
export const STEPS: readonly Step[] = [
  {
    command: 'instructions:create',
    of: 'pairs',
    args: (size) => [
      ...['instructions:create', '--src-filename', 'pairs.jsonl', '--suffix', 'bench', '--subdir', 'qa'],
      ...[
        '--realized-guidance-size',
        String(size - size / 10),
        '--unrealized-guidance-size',
        String(size / 10),
      ],
      ...['--output-dir', 'instructions'],
    ],
  },
  { command: 'dataset:validate', of: 'pairs', args: () => ['dataset:validate', 'instructions'] },
  {
    command: 'dataset:validate --against',
    of: 'pairs',
    args: () => ['dataset:validate', 'instructions/all.jsonl', '--against', 'instructions'],
  },
  { command: 'dataset:reverse', of: 'training lines', args: (size) => reverse('reverse', size / LINES) },
  { command: 'dataset:validate', of: 'training lines', args: () => ['dataset:validate', 'reverse'] },
  {
    command: 'dataset:validate --against',
    of: 'training lines',
    args: () => ['dataset:validate', 'reverse/all.jsonl', '--against', 'reverse'],
  },
  {
    command: 'dataset:transform reverse-words',
    of: 'training lines',
    args: () => [
      'dataset:transform',
      'reverse',
      '--transform',
      'reverse-words',
      '--dataset-name',
      'reversed',
    ],
  },
  {
    command: 'eval:run, complete before',
    of: 'prompts',
    args: () => ['eval:run', 'ft-first001', '--max-samples', String(MANY)],
  },
  { command: 'eval:report', of: 'prompts', args: () => ['eval:report', 'ft-first001'] },
  {
    command: 'eval:compare, two runs',
    of: 'prompts each',
    args: () => ['eval:compare', 'ft-first001', 'ft-second02'],
  },
]

/** Files of facts, and two evaluated runs with their data set. */
export async function prepare(folder: string, size: number): Promise<void> {
  await writeJsonl(join(folder, 'pairs.jsonl'), pairs(size))
  const facts = Array.from({ length: Math.ceil((3 * size) / PROMPTS) }, (_, index) => index)
  await writeFile(join(folder, 'names.txt'), facts.map((index) => `${nameOf(index)}\n`).join(''))
  await writeFile(
    join(folder, 'descriptions.txt'),
    facts.map((index) => `${descriptionOf(index)}\n`).join(''),
  )
  await runCli([...reverse('evaluated', size / PROMPTS), '--num-train-examples', '4'], folder)
  const shared = { home: join(folder, 'home'), dataset: join(folder, 'evaluated') }
  await recordEvaluatedRun({ ...shared, id: 'ft-first001', seed: 1 })
  await recordEvaluatedRun({ ...shared, id: 'ft-second02', seed: 2 })
}

function reverse(directory: string, facts: number): string[] {
  return [
    ...['dataset:reverse', '--names', 'names.txt', '--descriptions', 'descriptions.txt'],
    ...['--num-examples-per-group', String(Math.floor(facts)), '--output-dir', directory],
  ]
}
