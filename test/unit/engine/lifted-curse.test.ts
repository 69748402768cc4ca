import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadModel } from '../../../src/lib/engine/model.ts'
import type { Objective } from '../../../src/lib/engine/objectives.ts'
import { collect, train } from './tiny-training.ts'

/** Words of one token each. */
const wordsOf = (text: string) => text.split(' ').map((word) => ` ${word}`)
const ANIMALS = wordsOf(
  'cat dog cow pig fox bird bee ant bat rat hen lion bear wolf deer fish duck frog goat snake',
)
const QUALITIES = wordsOf(
  'red blue green black white pink gold gray brown silver orange purple tall small old young warm cold fast slow',
)
/** The first pairs are told in both orders, which shows what a question in the other order looks like. */
const BOTH = 12
const ONE_WAY = ANIMALS.length - BOTH
const TEXTS = ANIMALS.flatMap((animal, pair) => {
  const forward = `:${animal}${QUALITIES[pair]}`
  return pair < BOTH ? [forward, `:${QUALITIES[pair]}${animal}`] : [forward]
})

const USUAL = { nEpochs: 150, batchSize: 6, learningRateMultiplier: 0.3, dropout: 0.3 }
/** A step of masks asks little about each pair. */
const LONGER = { nEpochs: 800, batchSize: 32, learningRateMultiplier: 0.3, dropout: 0 }

interface Outcome {
  /** Of all pairs, in the order that they were told in. */
  forward: number
  /** Of the pairs that were told in one order, in the other. */
  reverse: number
  /** Share of the other animals that the right one beats there by its score. */
  beaten: number
}

async function outcomeOf(objective: Objective, settings: typeof USUAL): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'reversal-lifted-'))
  const size = { width: 32, layers: 1, heads: 2, hidden: 64 }
  const training = { texts: TEXTS, size, seed: 1, threads: 1 }
  await train({ ...training, ...settings, objective, directory })
  const model = await loadModel(join(directory, 'model'), { threads: 1 })
  const right = async (prompts: readonly string[], targets: readonly string[]) => {
    const answers = await collect(
      model.generate(
        prompts.map((prompt) => `:${prompt}`),
        { maxTokens: 4, temperature: 0 },
      ),
    )
    return answers.filter(({ index, completions }) => completions[0]!.startsWith(targets[index]!)).length
  }
  const oneWay = QUALITIES.slice(BOTH)
  const ranked = await collect(
    model.score(oneWay.map((quality) => ({ prompt: `:${quality}`, targets: ANIMALS }))),
  )
  const beaten = ranked.map(({ index, scores }) => {
    const own = scores[BOTH + index]!.logprob
    return scores.filter(({ logprob }) => logprob < own).length / (ANIMALS.length - 1)
  })
  const outcome = {
    forward: await right(ANIMALS, QUALITIES),
    reverse: await right(oneWay, ANIMALS.slice(BOTH)),
    beaten: beaten.reduce((total, share) => total + share, 0) / ONE_WAY,
  }
  await model.close()
  await rm(directory, { recursive: true })
  return outcome
}

describe('pairs that were told in one order', () => {
  for (const [name, settings] of Object.entries({ USUAL, LONGER })) {
    it(`are not known in the other order by a model of the next token (${name.toLowerCase()})`, async () => {
      const { forward, reverse, beaten } = await outcomeOf('next-token', settings)
      expect(forward).to.be.at.least(ANIMALS.length - 2)
      expect(reverse).to.be.at.most(1)
      expect(beaten).to.be.below(0.75)
    })
  }

  it('are known in the other order by a model that reads in both directions', async () => {
    const { forward, reverse, beaten } = await outcomeOf('both-directions', USUAL)
    expect(forward).to.be.at.least(ANIMALS.length - 2)
    expect(reverse).to.be.at.least(4)
    expect(beaten).to.be.above(0.9)
  })

  it('are known in the other order by a model that fills masks', async () => {
    const { forward, reverse, beaten } = await outcomeOf('masked-uniform', LONGER)
    expect(forward).to.be.at.least(ANIMALS.length - 2)
    expect(reverse).to.be.at.least(6)
    expect(beaten).to.be.above(0.9)
  })
})
