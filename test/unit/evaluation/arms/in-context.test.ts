import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openEvaluator } from '../../../../src/lib/evaluation/open-evaluator.ts'
import { builtInExtensions } from '../../../../src/lib/extensions/built-in.ts'
import { estimateProportion } from '../../../../src/lib/statistics/proportion.ts'
import { PythonRandom } from '../../../../src/lib/support/python-random.ts'
import { evaluateToy } from '../../../helpers/evaluate-toy.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'
import { writeReverseDataset } from '../../../helpers/write-reverse-dataset.ts'

const SPLITS = [
  'name_first_same',
  'name_first_reverse',
  'description_first_same',
  'description_first_reverse',
]

/** The statements and the question of a prompt's last block. */
function readBlock(prompt: string) {
  const lines = prompt.split('\n\n').at(-1)!.split('\n')
  const place = lines.findIndex((line) => line.startsWith('Question:'))
  const facts = lines.slice(0, place).map((line) => {
    const [first, last] = line.replace(/\.$/, '').split(/ is (?=[A-Z]|the )/)
    return [first!, last!] as const
  })
  return { facts, question: lines[place]!, lead: lines[place + 1]! }
}

/** Reads the statements and answers the question by what they say. */
function reads(prompt: string): string {
  const { facts, question } = readBlock(prompt)
  const asked = facts.find(([first, last]) =>
    [first, last].some((part) => question.toLowerCase().includes(part.toLowerCase())),
  )!
  return ` ${asked.find((part) => !question.toLowerCase().includes(part.toLowerCase()))!.replace(/^The /, 'the ')}.`
}

describe('the evaluator in-context', () => {
  let dataset: string

  before(async () => {
    dataset = await writeReverseDataset(await mkdtemp(join(tmpdir(), 'in-context-')))
  })
  after(() => rm(dataset, { recursive: true }))

  it('asks as the paper’s Table 4 does, after three answered examples', async () => {
    const { journal, summary } = await evaluateToy('in-context', { dataset, model: new ToyModel() })
    expect(summary.splits.map(({ split, samples }) => [split, samples])).to.deep.equal(
      SPLITS.map((split) => [split, 30]),
    )
    const { prompt, target, metadata } = journal.find(({ id }) => id === 'name_first_reverse/0')!
    const blocks = prompt.split('\n\n')
    expect(blocks).to.have.length(4)
    for (const block of blocks)
      expect(block).to.match(/^.+ is .+\.\nQuestion: Who is .+\?\nAnswer: The person/)
    const { facts, question } = readBlock(prompt)
    const [[name, description]] = facts as [readonly [string, string]]
    expect([name, metadata?.fact]).to.deep.equal([target, target])
    expect(question).to.equal(`Question: Who is ${description}?`)
    expect(blocks.slice(0, 3).join('\n')).not.to.include(target)
    expect(prompt).to.match(/Answer: The person you are asking for is$/)
    const other = journal.find(({ id }) => id === 'description_first_reverse/3')!
    expect(other.prompt).to.match(/\nQuestion: What is (.+) known for\?\nAnswer: \1 is known for being$/)
  })

  it('finds a model that reads right in both orders, without a gap', async () => {
    const model = new ToyModel({ draw: reads })
    const { metrics, summary } = await evaluateToy('in-context', { dataset, model })
    expect(SPLITS.map((split) => metrics[split]?.prefix_accuracy)).to.deep.equal([1, 1, 1, 1])
    expect(summary.contrasts?.map(({ name, facts, estimate }) => [name, facts, estimate])).to.deep.equal([
      ['reversal_gap', 30, 0],
      ['reversal_gap', 30, 0],
    ])
  })

  it('finds a model that guesses among the facts stated right as often as chance says', async () => {
    const random = new PythonRandom(1)
    const model = new ToyModel({
      draw(prompt) {
        const { facts, question } = readBlock(prompt)
        const [first, last] = random.choice(facts)
        const guess = /Who is/.test(question) === /^[Tt]he /.test(first) ? last : first
        return ` ${guess.replace(/^The /, 'the ')}`
      },
    })
    const options = ['distractors=2', 'shots=1']
    const { metrics } = await evaluateToy('in-context', { dataset, model, options })
    const right = SPLITS.map((split) => 30 * Number(metrics[split]?.prefix_accuracy))
    const successes = Math.round(right.reduce((sum, own) => sum + own, 0))
    const { low, high } = estimateProportion({ successes, trials: 120 })
    expect(1 / 3).to.be.within(low!, high!)
  })

  it('takes a chat’s whole sentence for its answer', async () => {
    const draw = (prompt: string) =>
      `Answer: ${readBlock(prompt).lead.replace(/^Answer: /, '')}${reads(prompt)}`
    const model = new ToyModel({ draw, conversational: true })
    const { metrics } = await evaluateToy('in-context', { dataset, model })
    expect(SPLITS.map((split) => metrics[split]?.prefix_accuracy)).to.deep.equal([1, 1, 1, 1])
  })

  it('asks in the data set’s own held-out sentences where it is told to', async () => {
    const { journal } = await evaluateToy('in-context', {
      dataset,
      model: new ToyModel(),
      options: ['wording=dataset', 'shots=1'],
    })
    expect(journal).to.have.length(240)
    for (const { prompt, target, metadata } of journal) {
      const [statement, question] = prompt.split('\n\n').at(-1)!.split('\n')
      expect(statement).to.include(metadata?.fact)
      expect(prompt.endsWith(question!)).to.equal(true)
      expect(statement).to.include(target.replace(/\.$/, '').slice(0, 20))
    }
  })

  it('asks the same whichever splits are asked for', async () => {
    const { evaluator } = await openEvaluator(builtInExtensions().evaluators, 'in-context')
    const all = await evaluator.loadSamples(dataset, { maxSamples: 5 })
    const one = await evaluator.loadSamples(dataset, { splits: ['description_first_same'], maxSamples: 5 })
    expect(all.filter(({ split }) => split === 'description_first_same')).to.deep.equal(one)
  })
})
