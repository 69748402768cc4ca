import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { fillTemplate, generateReverseDataset } from '../../../../src/lib/datasets/reverse/generate.ts'
import { Rewriter } from '../../../../src/lib/experiments/rewriting/rewriter.ts'
import { rewritingPrompt } from '../../../../src/lib/experiments/rewriting/rewriting-prompt.ts'
import { listSentences } from '../../../../src/lib/experiments/rewriting/sentences.ts'
import { ResponseCache } from '../../../../src/lib/models/response-cache.ts'
import { failure } from '../../../helpers/failure.ts'
import { recordsOf } from '../../../helpers/records-of.ts'
import type { ToyModelOptions } from '../../../helpers/toy-model.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'

const facts = {
  names: ['Ada Holm', 'Bo Ek', 'Cy Ray', 'Di Fox', 'Ed Lum', 'Fay Orr'],
  descriptions: ['a sailor', 'a painter', 'a baker', 'a pilot', 'a judge', 'a poet'].map(
    (who) => `the child of ${who}`,
  ),
  p2dTemplates: ['<name> is <description>.', 'Meet <name>, <description>.'],
  d2pTemplates: ['Known as <description> is <name>.', 'So <description> was <name>!'],
}
const options = { examplesPerGroup: 2, trainExamples: 1, testExamples: 1, seed: 1 }
const signal = new AbortController().signal
const prices = { date: '2026-12', source: 'there', models: { toy: { input: 1, output: 2 } } }

describe('the rewriter', () => {
  const sentences = listSentences(facts, options)
  /** Descriptions begin with "a" instead of "the". */
  const answers = new Map(
    sentences.map((sentence) => {
      const { prompt, completion } = sentence.plain
      return [rewritingPrompt(sentence), ` ${prompt}${completion}`.replace('the child', 'a child')]
    }),
  )
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rewriter-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const open = (model: ToyModel) =>
    Rewriter.open({ model, name: 'toy', sentences, prices, cache: new ResponseCache(folder) })
  const toy = (more: ToyModelOptions = {}) => new ToyModel({ answers, ...more })

  it('asks for each sentence that the data set needs once', () => {
    const keys = sentences.map(({ template, fact }) => `${template} ${fact.name}`)
    expect(new Set(keys)).to.have.length(keys.length)
    // Each fact in both templates of its order; the groups of one order in the test template of the other too.
    expect(sentences).to.have.length(2 * 2 + 2 * 2 + 2 * 4 + 2 + 2)
  })

  it('makes all files of what the model wrote', async () => {
    const rewriting = await (await open(toy())).rewrite({ signal })
    expect(rewriting).to.include({ sentences: 20 })
    expect(rewriting.refusals).to.deep.equal({})
    const files = recordsOf(generateReverseDataset(facts, options, rewriting.fill))
    const text = JSON.stringify(files)
    expect(text).not.to.include('the child')
    expect(text.replaceAll('a child', 'the child')).to.equal(
      JSON.stringify(recordsOf(generateReverseDataset(facts, options))),
    )
    expect(rewriting.options).to.deep.equal({ fill: 'llm', fill_model: 'toy', rewritten: 20, refusals: {} })
  })

  it('keeps what the template has where the model’s is refused, and says so', async () => {
    const [first, second] = sentences as [(typeof sentences)[0], (typeof sentences)[0]]
    const bad = new Map([...answers, [rewritingPrompt(first), ' nothing'], [rewritingPrompt(second), '']])
    const { fill, refusals } = await (await open(toy({ answers: bad }))).rewrite({ signal })
    expect(refusals).to.deep.equal({
      'the name or the words around it were changed': 1,
      'nothing was written': 1,
    })
    expect(fill(first.template, first.fact, first.last)).to.deep.equal(
      fillTemplate(first.template, first.fact, first.last),
    )
  })

  it('refuses a sentence that is like another of the fact', async () => {
    const same = sentences.filter(({ last, fact }) => last === '<name>' && fact === sentences.at(-1)?.fact)
    const alike = new Map(answers)
    for (const sentence of same) {
      const { name, description } = sentence.fact
      const end = sentence.plain.completion.at(-1)
      alike.set(rewritingPrompt(sentence), ` It is ${description} who is ${name}${end}`)
    }
    expect(same).to.have.length(2)
    const { refusals } = await (await open(toy({ answers: alike }))).rewrite({ signal })
    expect(refusals).to.deep.equal({ 'it is like another sentence': 1 })
  })

  it('goes on after a failure, and asks nothing twice', async () => {
    await failure((await open(toy({ failAfter: 7 }))).rewrite({ signal }))
    const model = toy()
    const rewriter = await open(model)
    expect((await rewriter.estimate()).known).to.equal(7)
    const done: number[] = []
    await rewriter.rewrite({ signal, onProgress: (progress) => done.push(progress.done) })
    expect(model.completed).to.have.length(13)
    expect(done.at(-1)).to.equal(20)
    expect(await (await open(model)).estimate()).to.deep.include({ known: 20, costUsd: 0 })
    const other = await open(toy({ id: 'another toy' }))
    expect((await other.estimate()).known).to.equal(0)
  })

  it('estimates what a hosted model costs', async () => {
    const hosted = Object.assign(toy(), { hosted: true })
    const { tokens, costUsd, costBasis } = await (await open(hosted as ToyModel)).estimate()
    expect(costUsd).to.equal((tokens.input + 2 * tokens.output) / 1e6)
    expect(tokens.input / 20).to.be.within(300, 600)
    expect(costBasis).to.equal('Prices of 2026-12 (there): $1 in and $2 out for 1,000,000 tokens.')
    const unknown = await Rewriter.open({ model: hosted as ToyModel, name: 'other', sentences, prices })
    expect(await unknown.estimate()).to.deep.include({
      costUsd: null,
      costBasis: 'The cost is unknown: the prices of 2026-12 (there) do not have other.',
    })
  })
})
