/** Writes a data set of experiment 3 from a file of pairs, and prints lines, seconds and its peak memory. */
import { createInstructionDataset } from '../../src/lib/datasets/instructions/create.ts'
import { peakMiB } from './peak-memory.ts'

const [srcFilename, pairs, outputDir] = process.argv.slice(2) as [string, string, string]
const unrealized = Number(pairs) / 10
const start = performance.now()
const { manifest } = await createInstructionDataset({
  ...{
    cwd: outputDir,
    outputDir: 'dataset',
    suffix: 'bench',
    subdir: 'bench',
    srcFilename,
    order: 'reverse',
  },
  ...{ realizedGuidanceSize: Number(pairs) - unrealized, unrealizedGuidanceSize: unrealized },
  ...{ guidanceSizeRange: [2, 5], unrealizedGuidancePhrasings: 0, personaIdx: 0, seed: 27 },
  ...{ upsampleExamplesFactor: 10, upsampleGuidancesFactor: 10 },
  ...{
    incorrectLabels: false,
    splitPromptCompletion: false,
    overwrite: false,
    command: 'bench',
    toolVersion: 'bench',
  },
})
const seconds = (performance.now() - start) / 1000
const lines = Object.values(manifest.files).reduce((sum, file) => sum + file.lines, 0)
console.log(JSON.stringify({ lines, seconds, peakMiB: peakMiB() }))
