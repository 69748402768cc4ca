import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { collateSequences } from '../../src/lib/engine/batches.ts'
import type { PretrainedConfig } from '../../src/lib/engine/pretrained/architecture.ts'
import { createFineTuningStep } from '../../src/lib/engine/pretrained/fine-tuning-step.ts'
import { allTargets, initialFactors } from '../../src/lib/engine/pretrained/lora.ts'
import { estimateTrainingMemory } from '../../src/lib/engine/pretrained/memory.ts'
import { weightSpecs } from '../../src/lib/engine/pretrained/parameters.ts'
import type { Arrays } from '../../src/lib/engine/weights.ts'
import { elements } from '../../src/lib/engine/weights.ts'
import type { BenchmarkPart, Figure } from './part.ts'
import { median } from './part.ts'

/** SmolLM2-135M's shape. Its numbers do not change the work, so none are fetched. */
const CONFIG: PretrainedConfig = {
  ...{ architecture: 'llama', vocabulary: 49_152, width: 576, layers: 30 },
  ...{ heads: 9, keyValueHeads: 3, headSize: 64, hidden: 1536, positions: 8192, epsilon: 1e-5, tied: true },
  rope: { theta: 1e5 },
  biases: { queryKeyValue: false, attentionOutput: false, feedForward: false },
  special: { ends: [0] },
}
const PYTORCH = fileURLToPath(new URL('peers/pretrained.py', import.meta.url))
const ROWS = 16
const LENGTH = 24
const STEPS = 6

/** A step on 16 texts of 24 tokens, of the engine and, where a Python is named, of transformers. */
const part: BenchmarkPart = {
  name: 'Fine-tuning a model of SmolLM2-135M’s shape (16 texts of 24 tokens)',
  async run({ python }) {
    const weights = someWeights()
    const lora = { rank: 16, alpha: 32, targets: allTargets(CONFIG) }
    const sequences = someTokens()
    // LoRA first, as memory that was used once stays with the process.
    const methods = [
      { name: 'LoRA', peer: 'lora', method: { lora, state: initialFactors(CONFIG, lora, 1) } },
      { name: 'all weights', peer: 'full', method: {} },
    ]
    const figures: Figure[] = []
    for (const { name, peer, method } of methods) {
      const engine = await measureEngine({ weights, sequences, method })
      const { bytes } = estimateTrainingMemory(CONFIG, { lora: method.lora, rows: ROWS, length: LENGTH })
      figures.push(
        { figure: `${name}: speed`, value: engine.speed, unit: 'tokens/s' },
        {
          figure: `${name}: memory`,
          value: engine.bytes / 1e9,
          unit: 'GB',
          goal: `the estimate, ${(bytes / 1e9).toFixed(1)}`,
        },
      )
      if (python === undefined) continue
      const pytorch = await measurePyTorch({ python, sequences, method: peer })
      figures.push(
        { figure: `${name}: speed of PyTorch`, value: pytorch.speed, unit: 'tokens/s' },
        { figure: `${name}: engine over PyTorch`, value: engine.speed / pytorch.speed, unit: 'times' },
        { figure: `${name}: memory of PyTorch`, value: pytorch.bytes / 1e9, unit: 'GB' },
      )
    }
    return figures
  },
}

interface Measured {
  /** Tokens a second. */
  speed: number
  /** Memory of the process after the steps. */
  bytes: number
}

async function measureEngine({
  weights,
  sequences,
  method,
}: {
  weights: Arrays
  sequences: readonly (readonly number[])[]
  method: Pick<Parameters<typeof createFineTuningStep>[0], 'lora' | 'state'>
}): Promise<Measured> {
  const step = await createFineTuningStep({ config: CONFIG, weights, ...method })
  const batch = collateSequences(sequences)
  const speeds: number[] = []
  for (let t = 1; t <= STEPS; t++) {
    const start = performance.now()
    await step.run(batch, t, 1e-5)
    if (t > 1) speeds.push((batch.tokens * 1000) / (performance.now() - start))
  }
  const { rss } = process.memoryUsage()
  await step.close()
  return { speed: median(speeds), bytes: rss }
}

/** The same steps in a process of transformers (and PEFT). */
async function measurePyTorch({
  python,
  sequences,
  method,
}: {
  python: string
  sequences: readonly (readonly number[])[]
  method: string
}): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-pretrained-'))
  try {
    const batch = join(folder, 'batch.json')
    await writeFile(batch, JSON.stringify(sequences))
    const { stdout } = await promisify(execFile)(python, [PYTORCH, method, batch, String(STEPS)])
    return JSON.parse(stdout)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function someTokens(): number[][] {
  const token = (row: number, place: number) => (row * 7919 + place * 104_729) % CONFIG.vocabulary
  return Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: LENGTH + 1 }, (_, place) => token(row, place)),
  )
}

/** Small numbers that differ; gains of one. */
function someWeights(): Arrays {
  return new Map(
    weightSpecs(CONFIG).map(({ name, shape }) => {
      const data = new Float32Array(elements(shape))
      if (shape.length === 1) data.fill(1)
      else for (let i = 0; i < data.length; i++) data[i] = (((i * 2_654_435_761) >>> 0) / 2 ** 32 - 0.5) / 15
      return [name, { shape, data }]
    }),
  )
}

export default part
