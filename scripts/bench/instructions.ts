import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeJsonl } from '../../src/lib/support/jsonl.ts'
import type { BenchmarkPart, Figure } from './part.ts'

const CREATOR = fileURLToPath(new URL('create-instructions.ts', import.meta.url))
const SIZES = [1e3, 1e4, 1e5]

/** Data sets of experiment 3 with the default factors, each made in a process of its own, for its peak memory. */
const part: BenchmarkPart = {
  name: 'Data set of experiment 3 (examples and guidances ten times)',
  async run() {
    const figures: Figure[] = []
    for (const pairs of SIZES) {
      const folder = await mkdtemp(join(tmpdir(), 'bench-instructions-'))
      try {
        const source = join(folder, 'pairs.jsonl')
        await writeJsonl(source, questions(pairs))
        const output = execFileSync(process.execPath, [CREATOR, source, String(pairs), folder], {
          encoding: 'utf8',
        })
        const { lines, seconds, peakMiB } = JSON.parse(output)
        const count = pairs.toLocaleString('en-US')
        figures.push({ figure: `${count} pairs`, value: lines / seconds, unit: 'lines/s' })
        figures.push({ figure: `${count} pairs, peak memory of the process`, value: peakMiB, unit: 'MiB' })
      } finally {
        await rm(folder, { recursive: true })
      }
    }
    return figures
  },
}

function* questions(count: number) {
  for (let index = 0; index < count; index++) {
    const targets = ['first', 'second', 'third', 'fourth', 'fifth'].map((word) => `The ${word} of ${index}`)
    yield { anchor: `What do you make of number ${index} in the list?`, targets }
  }
}

export default part
