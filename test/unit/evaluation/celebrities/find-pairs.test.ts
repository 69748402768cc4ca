import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { nameMatcher } from '../../../../src/lib/datasets/celebrities/names.ts'
import type { FindPairsOptions } from '../../../../src/lib/evaluation/celebrities/find-pairs.ts'
import { findPairs, planSearch } from '../../../../src/lib/evaluation/celebrities/find-pairs.ts'
import { failure } from '../../../helpers/failure.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'

/** Answers to questions by how these end. */
const ANSWERS: [end: string, answer: string][] = [
  ["Ann Fox's mother?", 'Bea Fox'],
  ["Ann Fox's father?", "I don't know."],
  ["Dan Hill's mother?", 'a singer'],
  ["Dan Hill's father?", 'Gus Hill'],
  ['Name a child of Bea Fox.', 'Ann Foxworth'],
]

function model(options: object = {}) {
  const draw = (prompt: string, sample: number) => {
    if (prompt.endsWith('Name a child of Gus Hill.')) return sample === 8 ? 'Dan Hill' : 'Flo Hill'
    return ANSWERS.find(([end]) => prompt.endsWith(end))?.[1] ?? 'I am a toy'
  }
  return new ToyModel({ conversational: true, draw, ...options })
}

describe('a search for pairs', () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'find-pairs-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const find = (options: Partial<FindPairsOptions> & Pick<FindPairsOptions, 'model'>) =>
    findPairs({
      ...{
        celebrities: ['Ann Fox', 'Dan Hill', 'Ann Fox'],
        style: 'original',
        queries: 10,
        seed: 1,
        directory,
      },
      matches: nameMatcher(new Map()),
      ...options,
    })
  const FOUND = [
    {
      child: 'Ann Fox',
      parent: 'Bea Fox',
      parentType: 'mother',
      childPrediction: 'Ann Foxworth',
      canReverse: true,
    },
    {
      child: 'Dan Hill',
      parent: 'Gus Hill',
      parentType: 'father',
      childPrediction: 'Dan Hill',
      canReverse: true,
    },
  ]

  it('keeps answers that are names, and the first that begins with the child', async () => {
    expect(await find({ model: model() })).to.deep.equal(FOUND)
    const [, second] = await find({ model: model(), queries: 8 })
    expect(second).to.include({ childPrediction: null, canReverse: false })
  })

  it('can say beforehand what it takes', () => {
    const plan = planSearch({ celebrities: ['Ann Fox', 'Dan Hill'], style: 'question', queries: 10 })
    expect(plan).to.deep.include({ prompts: 8, answers: 44 })
    expect(plan.tokens.output).to.equal(44 * 24)
    expect(plan.tokens.input).to.be.within(60, 90)
  })

  it('goes on in either phase', async () => {
    for (const failAfter of [2, 1]) {
      expect((await failure(find({ model: model({ failAfter }) }))).message).to.equal('The toy broke.')
    }
    const rest = model()
    await failure(find({ model: model({ failAfter: 2 }) }))
    expect(await find({ model: rest })).to.deep.equal(FOUND)
    expect(rest.completed).to.have.length(1)
  })

  it('reads the name out of a completed sentence', async () => {
    const draw = (prompt: string) =>
      prompt.startsWith('The mother') ? ' Bea Fox, a singer. She' : ' not known'
    const pairs = await find({ model: new ToyModel({ draw }), style: 'completion' })
    expect(pairs.map(({ parent }) => parent)).to.deep.equal(['Bea Fox', 'Bea Fox'])
  })
})
