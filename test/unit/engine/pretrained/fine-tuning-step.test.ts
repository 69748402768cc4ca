import { join } from 'node:path'
import { expect } from 'chai'
import { collateSequences } from '../../../../src/lib/engine/batches.ts'
import { createFineTuningStep } from '../../../../src/lib/engine/pretrained/fine-tuning-step.ts'
import { fineTuningGraph } from '../../../../src/lib/engine/pretrained/graphs.ts'
import type { AdapterSettings } from '../../../../src/lib/engine/pretrained/lora.ts'
import { adapterSpecs, allTargets, initialFactors } from '../../../../src/lib/engine/pretrained/lora.ts'
import { weightSpecs } from '../../../../src/lib/engine/pretrained/parameters.ts'
import type { PretrainedModel } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import { readPretrained } from '../../../../src/lib/engine/pretrained/read-pretrained.ts'
import type { Arrays } from '../../../../src/lib/engine/weights.ts'
import type { Golden } from './fixtures.ts'
import { FIXTURES, MODELS, readGolden } from './fixtures.ts'

interface Training extends PretrainedModel {
  golden: Golden
  lora?: AdapterSettings
  state?: Arrays
}

async function lossesOf({ golden, ...model }: Training): Promise<number[]> {
  const step = await createFineTuningStep({ ...model, threads: 1 })
  const batch = collateSequences(golden.sequences)
  const losses: number[] = []
  for (let t = 1; t <= golden.full.length; t++) losses.push(await step.run(batch, t, golden.rate))
  await step.close()
  return losses
}

function farthest(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, index) => Math.abs(value - b[index]!)))
}

describe('a step of fine-tuning', () => {
  for (const name of MODELS) {
    describe(`of the kind ${name}`, () => {
      let model: PretrainedModel
      let golden: Golden
      let lora: AdapterSettings

      beforeEach(async () => {
        model = await readPretrained(join(FIXTURES, name))
        golden = await readGolden(name)
        lora = { rank: 4, alpha: 8, targets: allTargets(model.config) }
      })

      it('has the losses of PyTorch over twenty steps', async () => {
        expect(farthest(await lossesOf({ ...model, golden }), golden.full)).to.be.below(1e-4)
      })

      it('has the losses of PEFT over twenty steps of LoRA', async () => {
        const state = initialFactors(model.config, lora, 1)
        for (const [key, { data }] of state) {
          if (key.includes('.lora_A.')) data.set(golden.arrays.get(key)!.data)
        }
        expect(farthest(await lossesOf({ ...model, golden, lora, state }), golden.lora)).to.be.below(1e-4)
      })

      it('leaves frozen weights without a gradient, and as they were', async () => {
        const before = new Map(Array.from(model.weights, ([key, { data }]) => [key, data.slice()]))
        const state = initialFactors(model.config, lora, 1)
        const step = await createFineTuningStep({ ...model, lora, state, threads: 1 })
        await step.run(collateSequences(golden.sequences), 1, golden.rate)
        const trained = adapterSpecs(model.config, lora).map(({ name: own }) => own)
        expect([...step.state.keys()]).to.have.length(3 * trained.length)
        await step.close()
        for (const [key, { data }] of model.weights) expect(data, key).to.deep.equal(before.get(key))
        const outputs = fineTuningGraph(model.config, lora).outputs.map(({ name: own }) => own)
        expect(outputs).to.deep.equal(['loss', ...trained.map((own) => `${own}.gradient`)])
      })

      for (const kind of ['all weights', 'LoRA'] as const) {
        it(`has the gradients of finite differences for ${kind}`, async () => {
          const adapter = kind === 'LoRA' ? { lora, state: largeFactors(model, lora) } : {}
          const step = await createFineTuningStep({ ...model, ...adapter, threads: 1 })
          const batch = collateSequences(golden.sequences)
          // A step at rate 0 leaves the weights, and its gradients as AdamW's sums.
          await step.run(batch, 1, 0)
          const specs = kind === 'LoRA' ? adapterSpecs(model.config, lora) : weightSpecs(model.config)
          const sums = new Map(
            specs.map(({ name: own }) => [own, step.state.get(`${own}.sum`)!.data.slice()]),
          )
          for (const { name: own } of specs) {
            const { data } = step.state.get(own)!
            const gradient = sums.get(own)!
            // Of each array the element that matters most, whose difference stands out of float32's noise, and one more.
            for (const index of [largest(gradient), Math.floor(data.length / 3)]) {
              const value = data[index]!
              data[index] = value + STEP
              const above = await step.loss(batch)
              data[index] = value - STEP
              const below = await step.loss(batch)
              data[index] = value
              expect(gradient[index], `${own}[${index}]`).to.be.closeTo(
                (above - below) / (2 * STEP),
                TOLERANCE,
              )
            }
          }
          await step.close()
        })
      }
    })
  }
})

const STEP = 1e-2
const TOLERANCE = 2e-3

/** Factors of which B is not zero, so that gradients reach A. */
function largeFactors({ config }: PretrainedModel, lora: AdapterSettings): Arrays {
  const factors = initialFactors(config, lora, 2)
  for (const [name, { data }] of factors) {
    if (name.includes('.lora_B.')) data.set(Float32Array.from(data, (_, index) => Math.sin(index) / 4))
  }
  return factors
}

function largest(values: Float32Array): number {
  return values.reduce((best, value, index) => (Math.abs(value) > Math.abs(values[best]!) ? index : best), 0)
}
