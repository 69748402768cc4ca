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
const ROWS = 16
const LENGTH = 24
const STEPS = 6

/** A step on 16 texts of 24 tokens. */
const part: BenchmarkPart = {
  name: 'Fine-tuning a model of SmolLM2-135M’s shape (16 texts of 24 tokens)',
  async run() {
    const weights = someWeights()
    const lora = { rank: 16, alpha: 32, targets: allTargets(CONFIG) }
    // LoRA first, as memory that was used once stays with the process.
    const adapter = { lora, state: initialFactors(CONFIG, lora, 1) }
    return [...(await measure('LoRA', weights, adapter)), ...(await measure('all weights', weights, {}))]
  },
}

type Method = Pick<Parameters<typeof createFineTuningStep>[0], 'lora' | 'state'>

async function measure(name: string, weights: Arrays, method: Method): Promise<Figure[]> {
  const step = await createFineTuningStep({ config: CONFIG, weights, ...method })
  const token = (row: number, place: number) => (row * 7919 + place * 104_729) % CONFIG.vocabulary
  const sequences = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: LENGTH + 1 }, (_, place) => token(row, place)),
  )
  const batch = collateSequences(sequences)
  const speeds: number[] = []
  for (let t = 1; t <= STEPS; t++) {
    const start = performance.now()
    await step.run(batch, t, 1e-5)
    if (t > 1) speeds.push((batch.tokens * 1000) / (performance.now() - start))
  }
  const { rss } = process.memoryUsage()
  await step.close()
  const { bytes } = estimateTrainingMemory(CONFIG, { lora: method.lora, rows: ROWS, length: LENGTH })
  return [
    { figure: `${name}: speed`, value: median(speeds), unit: 'tokens/s' },
    {
      figure: `${name}: memory`,
      value: rss / 1e9,
      unit: 'GB',
      goal: `the estimate, ${(bytes / 1e9).toFixed(1)}`,
    },
  ]
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
