import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureMatmulRate } from '../../src/lib/engine/rates.ts'
import { SIZES } from '../../src/lib/engine/sizes.ts'
import { trainModel } from '../../src/lib/engine/trainer.ts'
import { planTraining } from '../../src/lib/engine/training-plan.ts'
import { reverseEvaluator } from '../../src/lib/evaluation/reverse-evaluator.ts'
import { runEvaluation } from '../../src/lib/evaluation/run-evaluation.ts'
import { openLocalModel } from '../../src/lib/models/engine/open-engine-model.ts'
import { writeExperiment1 } from './experiment1.ts'
import type { BenchmarkPart } from './part.ts'
import { median } from './part.ts'

const ROUNDS = 5
const STEPS_A_ROUND = 40

/** Training and evaluation of `ada` on the data set of experiment 1. */
const part: BenchmarkPart = {
  name: 'Training and evaluation (ada, experiment 1, batch size 16)',
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'bench-training-'))
    try {
      const { directory, texts } = await writeExperiment1(folder)
      const settings = { size: SIZES.ada!, texts, batchSize: 16, learningRateMultiplier: 0.2, seed: 42 }
      const training = await measureTraining({ ...settings, nEpochs: 1 }, join(folder, 'run'))
      const evaluation = await measureEvaluation(directory, join(folder, 'run'))
      return [...training, ...evaluation]
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

type Settings = Parameters<typeof planTraining>[0]

/** Rounds of training steps and of bare matrix products in turns, so that both see the same machine. */
async function measureTraining(settings: Settings, directory: string) {
  const { flops, tokens } = await planTraining(settings)
  const speeds: number[] = []
  const rates: number[] = []
  let start = { at: 0, tokens: 0 }
  for await (const { step, tokens: done } of trainModel({ ...settings, directory, checkpointEvery: 1e9 })) {
    if (speeds.length === ROUNDS) continue
    if (step % STEPS_A_ROUND !== 0) continue
    if (start.at > 0) speeds.push(((done - start.tokens) * 1000) / (performance.now() - start.at))
    rates.push(await measureMatmulRate({ seconds: 1 }))
    start = { at: performance.now(), tokens: done }
  }
  const speed = median(speeds)
  const rate = median(rates)
  return [
    { figure: 'training, padding not counted', value: speed, unit: 'tokens/s' },
    { figure: 'ONNX Runtime’s own matrix products', value: rate / 1e9, unit: 'GFLOP/s' },
    {
      figure: 'share of that rate which training reaches',
      value: (100 * speed * flops) / tokens / rate,
      unit: '%',
      goal: 'at least 50',
    },
  ]
}

async function measureEvaluation(datasetDirectory: string, run: string) {
  const model = await openLocalModel({ directory: join(run, 'model') })
  const speeds: number[] = []
  for (let round = 0; round < 3; round++) {
    const start = performance.now()
    const { scored } = await runEvaluation({
      ...{ model, evaluator: reverseEvaluator, plugin: 'reversal', toolVersion: 'bench', fresh: true },
      datasetDirectory,
      directory: join(run, 'evaluations'),
    })
    speeds.push((scored * 1000) / (performance.now() - start))
  }
  await model.close()
  return [
    { figure: 'evaluation, completed, scored and journalled', value: median(speeds), unit: 'prompts/s' },
  ]
}

export default part
