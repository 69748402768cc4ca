import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchmarkPart, Figure } from './part.ts'
import type { Usage } from './scale/run-cli.ts'
import { runCli } from './scale/run-cli.ts'
import { prepare, STEPS } from './scale/steps.ts'

const SIZES = [1e4, 1e5, 1e6]
const GOAL_MIB = 1024

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

export default part
