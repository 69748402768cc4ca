import { expect } from 'chai'
import fc from 'fast-check'
import { collate, epochBatches } from '../../../src/lib/engine/batches.ts'
import { baseRate, learningRate } from '../../../src/lib/engine/schedule.ts'
import { countParameters, SIZES, trainingFlopsPerToken } from '../../../src/lib/engine/sizes.ts'
import { END_OF_TEXT } from '../../../src/lib/engine/tokenizer.ts'
import { parameterSpecs } from '../../../src/lib/engine/transformer.ts'
import { elements } from '../../../src/lib/engine/weights.ts'
import { chunks } from '../../../src/lib/support/chunks.ts'

const lengths = Array.from({ length: 1000 }, (_, index) => 10 + ((index * 7919) % 40))

describe('the batches of an epoch', () => {
  it('hold every text once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 })),
        fc.integer({ min: 1, max: 20 }),
        fc.integer(),
        fc.nat(100),
        (sizes, batchSize, seed, epoch) => {
          const batches = epochBatches(sizes, { batchSize, seed, epoch })
          expect(batches.flat().sort((a, b) => a - b)).to.deep.equal([...sizes.keys()])
          expect(batches).to.have.length(Math.ceil(sizes.length / batchSize))
        },
      ),
    )
  })

  it('come in the same order for the same seed and epoch, in another for others', () => {
    const order = (seed: number, epoch: number) => epochBatches(lengths, { batchSize: 16, seed, epoch })
    expect(order(1, 0)).to.deep.equal(order(1, 0))
    expect(order(1, 1)).to.not.deep.equal(order(1, 0))
    expect(order(2, 0)).to.not.deep.equal(order(1, 0))
  })

  it('have little padding', () => {
    const batches = epochBatches(lengths, { batchSize: 16, seed: 1, epoch: 0 })
    const longest = batches.map((batch) => Math.max(...batch.map((text) => lengths[text]!)) * batch.length)
    const padded = longest.reduce((total, size) => total + size, 0)
    const tokens = lengths.reduce((total, length) => total + length, 0)
    expect(1 - tokens / padded).to.be.below(0.05)
  })
})

describe('a batch', () => {
  it('predicts every token and the end of each text, and pads at the end', () => {
    const batch = collate([[5, 6], [7]])
    expect(batch).to.include({ rows: 2, length: 3, tokens: 5 })
    expect([...batch.ids].map(Number)).to.deep.equal([END_OF_TEXT, 5, 6, END_OF_TEXT, 7, END_OF_TEXT])
    expect([...batch.targets].map(Number)).to.deep.equal([5, 6, END_OF_TEXT, 7, END_OF_TEXT, END_OF_TEXT])
    expect([...batch.weights]).to.deep.equal([1, 1, 1, 1, 1, 0].map((weight) => Math.fround(weight / 5)))
  })

  it('is one of consecutive parts', () => {
    expect(chunks([1, 2, 3, 4, 5], 2)).to.deep.equal([[1, 2], [3, 4], [5]])
    expect(chunks([], 2)).to.deep.equal([])
  })
})

describe('the learning rate', () => {
  const peak = 0.2 * baseRate()
  const at = (step: number) => learningRate(step, { steps: 1000, peak })

  it('is 0.003 for the multiplier of the paper', () => {
    expect(peak).to.be.closeTo(0.003, 1e-12)
  })

  it('rises in a line, then falls along half a cosine to zero', () => {
    expect(at(25)).to.be.closeTo(peak / 2, 1e-12)
    expect(at(50)).to.be.closeTo(peak, 1e-12)
    expect(at(525)).to.be.closeTo(peak / 2, 1e-12)
    expect(at(1000)).to.be.closeTo(0, 1e-12)
  })

  it('has a value for a training of one step', () => {
    expect(learningRate(1, { steps: 1, peak })).to.equal(peak)
  })
})

describe('the sizes', () => {
  const withVocabulary = (size: (typeof SIZES)[string]) => ({
    ...size,
    vocabulary: 2400,
    positions: 1024,
    ropeTheta: 10_000,
    epsilon: 1e-5,
  })

  it('count the parameters that there are', () => {
    for (const size of Object.values(SIZES)) {
      const config = withVocabulary(size)
      const counted = parameterSpecs(config).reduce((total, { shape }) => total + elements(shape), 0)
      expect(countParameters(config)).to.equal(counted)
    }
  })

  it('grow from ada, of little more than a million parameters, to davinci', () => {
    const counts = Object.values(SIZES).map((size) => countParameters(withVocabulary(size)))
    expect(counts[0]).to.be.within(1.1e6, 1.4e6)
    expect(counts).to.deep.equal(counts.toSorted((a, b) => a - b))
  })

  it('know the work of a token', () => {
    const config = { ...withVocabulary({ width: 4, layers: 1, heads: 1, hidden: 8 }), vocabulary: 10 }
    // 6 · (10·4 + 4·16 + 3·32) for the weights, 12 · 4 · 5 for attention over five positions
    expect(trainingFlopsPerToken(config, 5)).to.equal(6 * 200 + 240)
  })
})
