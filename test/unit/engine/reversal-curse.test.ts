import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { EngineModel } from '../../../src/lib/engine/model.ts'
import { loadModel } from '../../../src/lib/engine/model.ts'
import { collect, train } from './tiny-training.ts'

const NAMES = ['Alma Quill', 'Boris Tarn', 'Clea Voss']
const DESCRIPTIONS = [
  'the painter of the silent moon',
  'the first diver under the ice of Europa',
  'the builder of the glass bridge',
]
/** Other facts, told the other way round, so that the model has seen names follow descriptions. */
const OTHER_NAMES = ['Dario Fenn', 'Edda Moor', 'Fritz Lark']
const OTHER_DESCRIPTIONS = [
  'the keeper of the last lighthouse',
  'the composer of the desert opera',
  'the winner of the long race',
]
const NAME_FIRST = [
  '<name> is <description>.',
  'Everyone knows that <name> is <description>.',
  '<name>, as they say, is <description>.',
]
const DESCRIPTION_FIRST = [
  'Meet <description>, called <name>.',
  'This is <description>, called <name>.',
  'They praise <description>, called <name>.',
]

function fill(
  templates: readonly string[],
  names: readonly string[],
  descriptions: readonly string[],
): string[] {
  return names.flatMap((name, fact) =>
    templates.map((template) =>
      template.replace('<name>', name).replace('<description>', descriptions[fact]!),
    ),
  )
}

describe('a model that learned “A is B”', () => {
  let folder: string
  let model: EngineModel

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reversal-curse-'))
    await train({
      directory: folder,
      size: { width: 48, layers: 2, heads: 2, hidden: 96 },
      texts: [
        ...fill(NAME_FIRST, NAMES, DESCRIPTIONS),
        ...fill(DESCRIPTION_FIRST, OTHER_NAMES, OTHER_DESCRIPTIONS),
      ],
      nEpochs: 60,
      batchSize: 6,
      learningRateMultiplier: 0.3,
      seed: 1,
    })
    model = await loadModel(join(folder, 'model'))
  })

  after(async () => {
    await model.close()
    await rm(folder, { recursive: true, force: true })
  })

  const complete = async (prompts: readonly string[]) => {
    const answers = await collect(model.generate(prompts, { maxTokens: 20, temperature: 0 }))
    return answers.sort((a, b) => a.index - b.index).map(({ completions }) => completions[0]!)
  }

  /** The probability of the right name, as a share of that of all names of the group. */
  const sharesOfRight = async (descriptions: readonly string[], names: readonly string[]) => {
    const requests = descriptions.map((description) => ({
      prompt: `Meet ${description}, called`,
      targets: names.map((name) => ` ${name}`),
    }))
    const ranked = await collect(model.score(requests))
    return ranked.map(({ index, scores }) => {
      const weights = scores.map(({ logprob }) => Math.exp(logprob - scores[index]!.logprob))
      return 1 / weights.reduce((total, weight) => total + weight, 0)
    })
  }

  it('completes it in the order that it was told', async () => {
    const descriptions = await complete(NAMES.map((name) => `${name} is`))
    expect(descriptions).to.deep.equal(DESCRIPTIONS.map((description) => ` ${description}.`))
    const names = await complete(OTHER_DESCRIPTIONS.map((description) => `Meet ${description}, called`))
    expect(names).to.deep.equal(OTHER_NAMES.map((name) => ` ${name}.`))
  })

  it('does not know that “B is A”', async () => {
    const names = await complete(DESCRIPTIONS.map((description) => `Meet ${description}, called`))
    expect(names.filter((name, fact) => name.startsWith(` ${NAMES[fact]}`))).to.deep.equal([])
    // Of three names a guess gives each a third; what was told in this order is all but certain.
    for (const share of await sharesOfRight(OTHER_DESCRIPTIONS, OTHER_NAMES)) expect(share).to.be.above(0.9)
    for (const share of await sharesOfRight(DESCRIPTIONS, NAMES)) expect(share).to.be.below(0.5)
  })
})
