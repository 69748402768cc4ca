import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { collate, epochBatches } from '../../../src/lib/engine/batches.ts'
import { stepsWithin } from '../../../src/lib/engine/budget.ts'
import { countedPositions, countOnly } from '../../../src/lib/engine/loss-mask.ts'
import { readModel } from '../../../src/lib/engine/model-files.ts'
import { createTokenizer } from '../../../src/lib/engine/tokenizer.ts'
import { trainModel } from '../../../src/lib/engine/trainer.ts'
import { planTraining } from '../../../src/lib/engine/training-plan.ts'
import { failure } from '../../helpers/failure.ts'
import { TINY, train } from './tiny-training.ts'

describe('a budget', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-budget-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('takes as many steps as fit, in the batches of the training', () => {
    const lengths = [3, 9, 4, 7, 5, 6, 2, 8]
    const shape = { lengths, tokensOf: (length: number) => length + 1, batchSize: 3, seed: 7 }
    const sizes = [0, 1, 2].flatMap((epoch) =>
      epochBatches(lengths, { batchSize: 3, seed: 7, epoch }).map((batch) =>
        batch.reduce((total, index) => total + lengths[index]! + 1, 0),
      ),
    )
    let total = 0
    for (const [index, size] of sizes.slice(0, -1).entries()) {
      total += size
      for (const slack of [0, sizes[index + 1]! - 1]) {
        expect(stepsWithin(total + slack, shape)).to.deep.equal({ steps: index + 1, tokens: total })
      }
    }
    expect(() => stepsWithin(sizes[0]! - 1, shape)).to.throw('too small')
  })

  it('ends a training with the last step within it, its schedule and its validation with it', async () => {
    const { tokensPerEpoch, parameters } = await planTraining(TINY)
    const budget = { tokens: Math.round(1.5 * tokensPerEpoch) }
    const plan = await planTraining({ ...TINY, budget })
    expect(plan.steps).to.be.within(4, 5)
    expect(plan.tokens).to.be.within(tokensPerEpoch, budget.tokens)
    const options = { ...TINY, budget, validationTexts: ['Number 5 follows 4.'] }
    const progress = await train({ ...options, directory: join(folder, 'whole') })
    expect(progress.at(-1)).to.include({ step: plan.steps, steps: plan.steps, tokens: plan.tokens })
    expect(progress.at(-1)!.learningRate).to.equal(0)
    expect(progress.at(-1)!.validationLoss).to.be.above(0)
    const flops = 6 * parameters * budget.tokens
    expect(await planTraining({ ...TINY, budget: { flops } })).to.deep.equal(plan)
  })

  it('comes to the same weights after an interruption', async () => {
    const budget = { tokens: Math.round(1.5 * (await planTraining(TINY)).tokensPerEpoch) }
    const directory = join(folder, 'stopped')
    const controller = new AbortController()
    await failure(
      (async () => {
        for await (const { step } of trainModel({ ...TINY, budget, directory, signal: controller.signal })) {
          if (step === 3) controller.abort()
        }
      })(),
    )
    await train({ ...TINY, budget, directory })
    const checksums = await Promise.all(
      ['whole', 'stopped'].map(async (name) => (await readModel(join(folder, name, 'model'))).checksum),
    )
    expect(checksums[1]).to.equal(checksums[0])
  })

  it('of the tokens of all epochs trains what the epochs train', async () => {
    const { tokens, steps } = await planTraining(TINY)
    expect(await planTraining({ ...TINY, budget: { tokens } })).to.include({ tokens, steps })
    const own = await train({ ...TINY, directory: join(folder, 'epochs') })
    const within = await train({ ...TINY, budget: { tokens }, directory: join(folder, 'within') })
    expect(within.map(({ loss }) => loss)).to.deep.equal(own.map(({ loss }) => loss))
  })
})

describe('a loss of parts', () => {
  const text = 'Zoë Ångström is the painter of seven red doors.'
  const parts = {
    completion: { from: 'Zoë Ångström is'.length, to: text.length },
    target: { from: 'Zoë Ångström is'.length, to: text.length - 1 },
  }

  it('counts the tokens of the part, and the end of the text where the part ends on it', async () => {
    const tokenizer = await createTokenizer([text])
    const ids = tokenizer.encode(text)
    const counted = (part: { from: number; to: number }) => {
      const { from, to } = countedPositions(text, part, {
        ids,
        encode: (own) => tokenizer.encode(own),
        shift: 0,
      })
      return { text: tokenizer.decode(ids.slice(from, to)), end: to > ids.length }
    }
    const description = ' the painter of seven red doors'
    expect(counted(parts.completion)).to.deep.equal({ text: `${description}.`, end: true })
    expect(counted(parts.target)).to.deep.equal({ text: description, end: false })
    expect(counted({ from: 0, to: 'Zoë'.length })).to.deep.equal({ text: 'Zoë', end: false })
  })

  it('weighs what counts alike, and nothing else', () => {
    const batch = collate([
      [1, 2, 3],
      [4, 5],
    ])
    countOnly(batch, [
      { from: 1, to: 3 },
      { from: 2, to: 3 },
    ])
    const third = Math.fround(1 / 3)
    expect([...batch.weights]).to.deep.equal([0, third, third, 0, 0, 0, third, 0])
    expect(batch.tokens).to.equal(7)
    countOnly(batch, [
      { from: 0, to: 0 },
      { from: 0, to: 0 },
    ])
    expect([...batch.weights].every((weight) => weight === 0)).to.equal(true)
  })

  it('of all of each text trains as without one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'reversal-loss-'))
    try {
      const lossParts = TINY.texts.map(({ length }) => ({ from: 0, to: length }))
      const plain = await train({ ...TINY, directory: join(folder, 'plain') })
      const whole = await train({ ...TINY, lossParts, directory: join(folder, 'whole') })
      expect(whole.map(({ loss }) => loss)).to.deep.equal(plain.map(({ loss }) => loss))
      const halves = TINY.texts.map(({ length }) => ({ from: Math.ceil(length / 2), to: length }))
      const half = await train({ ...TINY, lossParts: halves, directory: join(folder, 'half') })
      expect(half[0]!.loss).to.not.equal(plain[0]!.loss)
      expect(half.at(-1)!.tokens).to.equal(plain.at(-1)!.tokens)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
