import { join } from 'node:path'
import { expect } from 'chai'
import { proposeEpochs } from '../../../../src/lib/finetuning/epochs.ts'
import { estimateFineTuning } from '../../../../src/lib/finetuning/local/pretrained.ts'
import { FIXTURES } from '../../engine/pretrained/fixtures.ts'

const SETTINGS = {
  ...{ path: join(FIXTURES, 'llama'), texts: ['Ada Holm is the first sailor on Mars.', 'Bo'] },
  ...{ nEpochs: 3, batchSize: 2, learningRateMultiplier: 0.2, seed: 1 },
}

describe('the estimate of a fine-tuning', () => {
  it('warns where the memory is more than 60 % of the machine’s', async () => {
    const { memoryBytes, warnings, steps } = await estimateFineTuning(SETTINGS, {
      ...{ earlier: [], machineBytes: 1e12 },
    })
    expect(steps).to.equal(3)
    expect(memoryBytes).to.be.above(1e8)
    expect(warnings).to.deep.equal([])
    const small = await estimateFineTuning(SETTINGS, { earlier: [], machineBytes: memoryBytes! / 0.61 })
    expect(small.warnings).to.have.length(1)
    expect(small.warnings[0]).to.match(/^This needs about [\d.]+ MB of memory; this machine has [\d.]+ MB/)
    const roomy = await estimateFineTuning(SETTINGS, { earlier: [], machineBytes: memoryBytes! / 0.59 })
    expect(roomy.warnings).to.deep.equal([])
  })
})

describe('the epochs that a run should have had', () => {
  it('are twice as many for a pretrained model, and enough steps for one trained from scratch', () => {
    const run = {
      dataset: { name: 'tiny', training_file: 'all.jsonl', n_train: 3 },
      hyperparameters: { n_epochs: 5, batch_size: 16, learning_rate_multiplier: 0.2 },
    }
    expect(proposeEpochs(run)).to.equal(400)
    const hyperparameters = { ...run.hyperparameters, method: 'lora' }
    expect(proposeEpochs({ ...run, hyperparameters })).to.equal(10)
  })
})
