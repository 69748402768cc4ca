import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeJsonl } from '../../src/lib/support/jsonl.ts'
import type { BenchmarkPart, Figure } from './part.ts'
import { median } from './part.ts'

const READER = fileURLToPath(new URL('read-jsonl.ts', import.meta.url))
const SIZES = [1e3, 1e4, 1e5, 1e6]
const RUNS = 3

/** Files of prompt/completion records read and checked, each in a process of its own, for its peak memory. */
const part: BenchmarkPart = {
  name: 'JSON Lines, read and checked against the schema',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'bench-jsonl-'))
    const figures: Figure[] = []
    try {
      for (const size of SIZES) {
        const file = join(folder, `${size}.jsonl`)
        await writeJsonl(file, records(size))
        const runs = Array.from({ length: RUNS }, () => {
          const output = execFileSync(process.execPath, [READER, file], { encoding: 'utf8' })
          return JSON.parse(output) as { seconds: number; peakMiB: number }
        })
        const count = size.toLocaleString('en-US')
        const speed = size / median(runs.map(({ seconds }) => seconds))
        const goal = size >= 1e5 ? { goal: 'at least 300,000' } : {}
        figures.push({ figure: `${count} lines`, value: speed, unit: 'lines/s', ...goal })
        const peak = median(runs.map(({ peakMiB }) => peakMiB))
        figures.push({ figure: `${count} lines, peak memory of the process`, value: peak, unit: 'MiB' })
      }
      return figures
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

function* records(count: number) {
  for (let index = 0; index < count; index++) {
    yield {
      prompt: `Everyone in the town of number ${index} knows that person ${index} is`,
      completion: ` the maker of thing ${index}, which nobody has seen.`,
    }
  }
}

export default part
