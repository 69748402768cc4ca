import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { chosenLetter, LETTERS } from '../../../../src/lib/evaluation/arms/chosen-letter.ts'
import { readHeldOutPrompts } from '../../../../src/lib/evaluation/arms/held-out-prompts.ts'
import { estimateProportion } from '../../../../src/lib/statistics/proportion.ts'
import { evaluateToy } from '../../../helpers/evaluate-toy.ts'
import { failure } from '../../../helpers/failure.ts'
import { chanceOf, meanOver } from '../../../helpers/knowing-model.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'
import { writeReverseDataset } from '../../../helpers/write-reverse-dataset.ts'

/** What a prompt asks, and its options in order. */
function readPrompt(prompt: string) {
  const text = /^Text: (.*) …$/m.exec(prompt)![1]!
  return { text, options: Array.from(prompt.matchAll(/^[A-Z]\. (.*)$/gm), ([, option]) => option!) }
}

describe('the evaluator choice', () => {
  let dataset: string
  let right: ReadonlyMap<string, string>

  before(async () => {
    dataset = await writeReverseDataset(await mkdtemp(join(tmpdir(), 'choice-')))
    const prompts = [...(await readHeldOutPrompts(dataset)).values()].flat()
    right = new Map(prompts.map(({ prompt, completion }) => [prompt, completion.trim()]))
  })
  after(() => rm(dataset, { recursive: true }))

  const letterOf = (prompt: string) => {
    const { text, options } = readPrompt(prompt)
    return LETTERS[options.indexOf(right.get(text)!)]!
  }
  /** Whether so many right answers of the 240 are what chance brings. */
  const isChance = (share: number, chance: number) => {
    const { low, high } = estimateProportion({ successes: Math.round(240 * share), trials: 240 })
    expect(chance).to.be.within(low!, high!)
  }

  it('shows the right answer among those of other facts, at each place as often', async () => {
    const { journal, summary } = await evaluateToy('choice', { dataset, model: new ToyModel() })
    expect(summary.splits.map(({ split, samples }) => [split, samples])).to.deep.equal([
      ['p2d_same', 60],
      ['p2d_reverse', 60],
      ['d2p_same', 60],
      ['d2p_reverse', 60],
    ])
    const places = new Map<string, number>()
    for (const { prompt, target, scoreTargets } of journal) {
      const { options } = readPrompt(prompt)
      expect(new Set(options)).to.have.length(4)
      expect(target).to.equal(letterOf(prompt))
      expect(scoreTargets).to.have.members([' A', ' B', ' C', ' D'])
      expect(scoreTargets?.[0]).to.equal(` ${target}`)
      places.set(target, (places.get(target) ?? 0) + 1)
    }
    expect([...places.values()]).to.deep.equal([60, 60, 60, 60])
  })

  it('finds a model that knows right by letter, by its option’s text and by likelihood', async () => {
    const byLetter = new ToyModel({
      draw: (prompt) => ` ${letterOf(prompt)}. It is.`,
      logprob: (prompt, target) => (target === ` ${letterOf(prompt)}` ? -1 : -2),
    })
    const { metrics, summary } = await evaluateToy('choice', { dataset, model: byLetter })
    for (const own of Object.values(metrics)) {
      expect(own).to.deep.equal({
        ...{ letter_accuracy: 1, letter_likelihood_accuracy: 1, choosing_rate: 1, chance: 1 / 4 },
      })
    }
    expect(summary.contrasts).to.have.length(4)
    const byText = new ToyModel({ draw: (prompt) => ` It is ${right.get(readPrompt(prompt).text)}` })
    const told = await evaluateToy('choice', { dataset, model: byText, options: ['options=3'] })
    expect(meanOver(told.metrics, 'letter_accuracy')).to.equal(1)
  })

  it('finds one that guesses right as often as chance says', async () => {
    const model = new ToyModel({
      draw: (prompt) => ` ${'ABCDE'[Math.floor(5 * chanceOf(prompt))]}`,
      logprob: (prompt, target) => -chanceOf(prompt, target),
    })
    const { metrics } = await evaluateToy('choice', { dataset, model, options: ['options=5'] })
    isChance(meanOver(metrics, 'letter_accuracy'), 1 / 5)
    isChance(meanOver(metrics, 'letter_likelihood_accuracy'), 1 / 5)
    expect(meanOver(metrics, 'chance')).to.be.closeTo(1 / 5, 1e-12)
  })

  it('works by letters only if there are no scores, and counts answers that choose no option as wrong', async () => {
    const model = new ToyModel({ draw: () => ' I do not know.', unscorable: 'It has none.' })
    const { metrics } = await evaluateToy('choice', { dataset, model })
    expect(Object.values(metrics)[0]).to.deep.equal({
      ...{ letter_accuracy: 0, letter_likelihood_accuracy: null, choosing_rate: 0, chance: 1 / 4 },
    })
    const options = ['by=likelihood']
    const refused = await failure(evaluateToy('choice', { dataset, model, options }))
    expect(refused).to.include({ code: 'SCORES_REQUIRED', exit: 2 })
  })

  it('scores options after the bare prompt, summed and per token', async () => {
    const knows = new ToyModel({
      logprob: (prompt, target) => (right.get(prompt) === target.trim() ? -1 : -20),
    })
    const { metrics, journal } = await evaluateToy('choice', {
      ...{ dataset, model: knows, options: ['by=likelihood'] },
    })
    expect(knows.completed).to.deep.equal([])
    expect(journal.every(({ prompt }) => right.has(prompt))).to.equal(true)
    for (const own of Object.values(metrics)) {
      expect(own).to.deep.equal({ sum_accuracy: 1, token_accuracy: 1, chance: 1 / 4 })
    }
    const guesses = new ToyModel({ logprob: (prompt, target) => -chanceOf(prompt, target) })
    const guessed = await evaluateToy('choice', { dataset, model: guesses, options: ['by=likelihood'] })
    isChance(meanOver(guessed.metrics, 'sum_accuracy'), 1 / 4)
    const same = new ToyModel({ logprob: () => -3 })
    const tied = await evaluateToy('choice', { dataset, model: same, options: ['by=likelihood'] })
    expect(meanOver(tied.metrics, 'sum_accuracy')).to.equal(1 / 4)
  })
})

describe('the option that an answer chooses', () => {
  const options = ['Ada Holm', 'Bo Ek', 'the baker of glass']

  for (const [answer, letter] of [
    [' B', 'B'],
    ['b)', 'B'],
    ['(C) the baker', 'C'],
    ['**A**', 'A'],
    ['The answer is B.', 'B'],
    ['Answer: C', 'C'],
    ['B Bo Ek', 'B'],
    ['It is Ada Holm, I think.', 'A'],
    ['THE BAKER OF GLASS', 'C'],
    ['A famous baker', undefined],
    ['D', undefined],
    ['Ada Holm or Bo Ek', undefined],
    ['I’d say nothing', undefined],
    ['', undefined],
  ] as const) {
    it(`is ${letter} in "${answer}"`, () => expect(chosenLetter(answer, options)).to.equal(letter))
  }
})
