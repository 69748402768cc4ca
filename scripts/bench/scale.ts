import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeJsonl } from '../../src/lib/support/jsonl.ts'
import type { BenchmarkPart, Figure } from './part.ts'
import { MANY, recordEvaluatedRun } from './scale/evaluated-run.ts'
import { descriptionOf, nameOf, pairs } from './scale/facts.ts'
import type { Usage } from './scale/run-cli.ts'
import { runCli } from './scale/run-cli.ts'

const SIZES = [1e4, 1e5, 1e6]
const GOAL_MIB = 1024

/** Lines of the training file for each fact of a group, with the 30 templates by default: two groups have one order, one both. */
const LINES = 4 * 30
/** Prompts of all splits for each fact of a group, with the 10 test templates by default. */
const PROMPTS = 8 * 10

/** A command with what its size counts, in the order in which they are run: one leaves what the next one reads. */
const STEPS: readonly { command: string; of: string; args: (size: number) => string[] }[] = [
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

/** How time and memory of commands grow: each run by the CLI in a process of its own. */
const part: BenchmarkPart = {
  name: 'Growth of time and memory (processor seconds, peak MiB)',
  async run() {
    const figures: Figure[] = []
    for (const size of SIZES) {
      const folder = await mkdtemp(join(tmpdir(), 'bench-scale-'))
      try {
        await prepare(folder, size)
        for (const { command, of, args } of STEPS) {
          const usage = await runCli(args(size), folder)
          figures.push(...figuresOf(nameStep(command, of, size), usage, size))
        }
      } finally {
        await rm(folder, { recursive: true })
      }
    }
    return figures
  },
  render(figures) {
    const values = new Map(figures.map(({ figure, value }) => [figure, value]))
    const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
    const head = ['command', 'of', ...SIZES.map((size) => size.toLocaleString('en-US'))]
    const rows = STEPS.map(({ command, of }) => [
      command,
      of,
      ...SIZES.map((size) => {
        const name = nameStep(command, of, size)
        const seconds = values.get(`${name}, processor`)!
        return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s, ${values.get(`${name}, peak memory`)!.toFixed(0)} MiB`
      }),
    ])
    return [head, head.map(() => '---'), ...rows].map(row).join('\n')
  },
}

function nameStep(command: string, of: string, size: number): string {
  return `${command} of ${size.toLocaleString('en-US')} ${of}`
}

function figuresOf(name: string, { seconds, processorSeconds, peakMiB }: Usage, size: number): Figure[] {
  const goal = size === SIZES.at(-1) ? { goal: `under ${GOAL_MIB.toLocaleString('en-US')}` } : {}
  return [
    { figure: `${name}, from start to end`, value: seconds, unit: 's' },
    { figure: `${name}, processor`, value: processorSeconds, unit: 's' },
    { figure: `${name}, peak memory`, value: peakMiB, unit: 'MiB', ...goal },
  ]
}

/** Files of facts, and two evaluated runs with their data set. */
async function prepare(folder: string, size: number): Promise<void> {
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

export default part
