import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Bench } from 'tinybench'
import { createReverseDataset } from '../../src/lib/datasets/reverse/create.ts'
import { readReverseFacts } from '../../src/lib/datasets/reverse/facts.ts'
import { generateReverseDataset } from '../../src/lib/datasets/reverse/generate.ts'
import { validateReverseDataset } from '../../src/lib/datasets/reverse/validate-reverse.ts'
import type { BenchmarkPart } from './part.ts'

const OPTIONS = { examplesPerGroup: 30, trainExamples: 30, testExamples: 10, seed: 42 }

/** The data set of experiment 1: generated in memory, written with its manifest, validated. */
const part: BenchmarkPart = {
  name: 'Data set of experiment 1',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'bench-datasets-'))
    try {
      const { facts } = await readReverseFacts()
      const generate = () =>
        Object.values(generateReverseDataset(facts, OPTIONS)).flatMap((records) => [...records])
      const lines = generate().length
      let count = 0
      const write = () => {
        const place = {
          cwd: folder,
          datasetName: `d${count++}`,
          overwrite: false,
          command: 'bench',
          toolVersion: 'bench',
        }
        return createReverseDataset({ ...OPTIONS, ...place })
      }
      const { directory } = await write()
      const bench = new Bench({ time: 1000 })
        .add('generated in memory', () => {
          generate()
        })
        .add('generated and written with checksums', async () => {
          await write()
        })
        .add('validated', async () => {
          await validateReverseDataset(directory, { trainingFile: 'all' })
        })
      await bench.run()
      return bench.tasks.map(({ name, result }) => {
        if (result.state !== 'completed') throw new Error(`${name} ended as ${result.state}`)
        return { figure: name, value: (lines * 1000) / result.latency.p50, unit: 'lines/s' }
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

export default part
