import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ParentChildPair } from '../../../../src/lib/datasets/celebrities/pairs.ts'
import { celebrityPrompt } from '../../../../src/lib/datasets/celebrities/prompts.ts'
import { compareDirections } from '../../../../src/lib/evaluation/celebrities/compare-directions.ts'
import { drawPairs } from '../../../../src/lib/evaluation/celebrities/questions.ts'
import type { TestPairsOptions } from '../../../../src/lib/evaluation/celebrities/test-pairs.ts'
import { chooseMeasure, testPairs } from '../../../../src/lib/evaluation/celebrities/test-pairs.ts'
import { failure } from '../../../helpers/failure.ts'
import { writePairsDataset } from '../../../helpers/pairs-dataset.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'

const pair = (child: string, parent: string, parentType: 'mother' | 'father'): ParentChildPair => ({
  ...{ child, parent, parentType, childPrediction: null, canReverse: null },
})
/** Two children of one parent among them. */
const PAIRS = [
  pair('Ann Fox', 'Bea Fox', 'mother'),
  pair('Ann Fox', 'Carl Fox', 'father'),
  pair('Dan Hill', 'Eve Hill', 'mother'),
  pair('Flo Hill', 'Eve Hill', 'mother'),
]
const STYLE = { style: 'original' } as const

/** Knows every parent in so many of ten answers, and no child. */
function oneWayModel(right: number, options: object = {}) {
  const parents = new Map(
    PAIRS.flatMap((known) => {
      const { question, text } = celebrityPrompt(known, 'parent', STYLE)
      return [
        [question, known.parent],
        [text, known.parent],
      ]
    }),
  )
  const draw = (prompt: string, sample: number) =>
    sample < right ? (parents.get(prompt) ?? "I don't know.") : 'Somebody Else'
  return new ToyModel({ draw, unscorable: 'it is a toy', ...options })
}

describe('a test of pairs', () => {
  let folder: string
  let directory: string
  let dataset: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'test-pairs-'))
    directory = join(folder, 'evaluations')
    dataset = await writePairsDataset(join(folder, 'pairs'), PAIRS)
  })
  afterEach(() => rm(folder, { recursive: true }))

  const test = async (options: Partial<TestPairsOptions> & Pick<TestPairsOptions, 'model'>) => {
    const { results } = await testPairs({
      ...{ dataset, prompts: STYLE, measure: 'answers', samples: 10, seed: 1, directory },
      ...{ toolVersion: '0.0.0', ...options },
    })
    return results!
  }

  for (const conversational of [true, false]) {
    const kind = conversational ? 'answers in a conversation' : 'continues text'
    it(`finds out to the exact rate that a model knows one direction only, if it ${kind}`, async () => {
      const model = oneWayModel(7, { conversational })
      const { parent, child } = compareDirections(await test({ model }))
      expect([parent?.estimate, child?.estimate]).to.deep.equal([0.7, 0])
      expect(model.conversation?.exchanges.length).to.equal(conversational ? 3 : undefined)
    })
  }

  it('asks once for the child of a parent of two, whom either name answers', async () => {
    const model = new ToyModel({
      draw: (_, sample) => ['Flo Hill', 'Dan Hill'][sample % 2]!,
      unscorable: 'no',
    })
    const { pairs } = await test({ model })
    expect(model.completed).to.have.length(7)
    expect(pairs.map(({ scores }) => scores.child)).to.deep.equal([0, 0, 0.5, 0.5])
  })

  it('measures a name by its log-probability after the prompt where the model gives it', async () => {
    const logprob = (prompt: string, target: string) =>
      (prompt.endsWith('\nQ: Name a child of Eve Hill.\nA:') ? -1 : -2) - target.length / 100
    const { pairs, measure } = await test({ model: new ToyModel({ logprob }), measure: 'logprob' })
    expect(measure).to.equal('logprob')
    expect(pairs.map(({ scores }) => scores.child?.toFixed(2))).to.deep.equal([
      '-2.08',
      '-2.08',
      '-1.09',
      '-1.09',
    ])
    expect(pairs[0]?.scores.parent?.toFixed(2)).to.equal('-2.08')
  })

  it('goes on after it was interrupted, with the same result as in one go', async () => {
    const whole = await test({ model: oneWayModel(3), directory: join(folder, 'whole') })
    const error = await failure(test({ model: oneWayModel(3, { failAfter: 4 }) }))
    expect(error.message).to.equal('The toy broke.')
    const model = oneWayModel(3)
    expect(await test({ model })).to.deep.equal(whole)
    expect(model.completed).to.have.length(3)
    expect(await test({ model: oneWayModel(0) })).to.deep.equal(whole)
  })

  it('asks again when told to, and when the question is another', async () => {
    await test({ model: oneWayModel(3) })
    for (const options of [
      { fresh: true },
      { seed: 2 },
      { samples: 5 },
      { prompts: { style: 'question' } as const },
    ]) {
      const model = oneWayModel(3)
      await test({ model, ...options })
      expect(model.completed, JSON.stringify(options)).to.have.length(7)
    }
    expect(await readdir(directory)).to.have.length(4)
  })

  it('keeps every answer, so that other names can count afterwards', async () => {
    const model = new ToyModel({ draw: () => 'Beatrix Fox', unscorable: 'no' })
    const before = await test({ model, exactNames: true })
    const aliases: [string, string][] = [['Bea Fox', 'Beatrix Fox']]
    const renamed = await writePairsDataset(join(folder, 'renamed'), PAIRS, aliases)
    const after = await test({ model, dataset: renamed })
    expect([before, after].map(({ pairs }) => pairs[0]?.scores.parent)).to.deep.equal([0, 1])
    expect(model.completed).to.have.length(7)
    const ids = await readdir(directory)
    expect(ids).to.have.length(2)
    const [id] = ids
    const [line] = (await readFile(join(directory, id!, 'samples.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(line!).completions).to.have.length(10)
  })

  it('takes log-probabilities where it can, but not in conversations', async () => {
    expect(await chooseMeasure(new ToyModel({ conversational: true }))).to.equal('answers')
    expect(await chooseMeasure(new ToyModel())).to.equal('logprob')
    expect(await chooseMeasure(new ToyModel({ unscorable: 'no' }))).to.equal('answers')
  })

  it('draws pairs by seed and keeps their order', () => {
    const numbers = Array.from({ length: 50 }, (_, index) => index)
    const drawn = drawPairs(numbers, 10, 1)
    expect(drawn).to.have.length(10)
    expect(drawn).to.deep.equal(drawn.toSorted((a, b) => a - b))
    expect(drawPairs(numbers, 10, 1)).to.deep.equal(drawn)
    expect(drawPairs(numbers, 10, 2)).to.not.deep.equal(drawn)
    expect(drawPairs(numbers, 99, 1)).to.deep.equal(numbers)
  })
})
