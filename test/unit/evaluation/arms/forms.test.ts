import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { shippedFile } from '../../../../src/lib/datasets/shipped.ts'
import { FORM_WORDINGS } from '../../../../src/lib/evaluation/arms/forms-evaluator.ts'
import { readHeldOutPrompts, toldFacts } from '../../../../src/lib/evaluation/arms/held-out-prompts.ts'
import { evaluateToy } from '../../../helpers/evaluate-toy.ts'
import { chanceOf } from '../../../helpers/knowing-model.ts'
import { ToyModel } from '../../../helpers/toy-model.ts'
import { writeReverseDataset } from '../../../helpers/write-reverse-dataset.ts'

describe('the evaluator forms', () => {
  let dataset: string
  before(async () => {
    dataset = await writeReverseDataset(await mkdtemp(join(tmpdir(), 'forms-')))
  })
  after(() => rm(dataset, { recursive: true }))

  it('asks in wordings that no data set is made of', async () => {
    const wordings = Object.values(FORM_WORDINGS).flatMap((form) => Object.values(form).flat())
    expect(wordings).to.have.length(12)
    for (const order of ['p2d', 'd2p']) {
      const text = await readFile(shippedFile(`reverse_experiments/templates/${order}_templates.txt`), 'utf8')
      const templates = text.split('\n').map((line) => line.replaceAll('\n', ' '))
      for (const wording of wordings) {
        const begins = templates.filter((line) => line.startsWith(wording.replaceAll('\n', ' ')))
        expect(begins, wording).to.deep.equal([])
      }
    }
  })

  it('shows a model that knows statements in the order of training alone, and guesses else', async () => {
    const facts = toldFacts(await readHeldOutPrompts(dataset))
    const draw = (prompt: string) => {
      const nameFirst = facts.find(
        ({ name, direction }) => prompt.includes(name) && direction === 'NameToDescription',
      )
      const descriptionFirst = facts.find(
        ({ description, direction }) => prompt.includes(description) && direction === 'DescriptionToName',
      )
      const asked = prompt.startsWith('Question') ? undefined : (nameFirst ?? descriptionFirst)
      if (asked !== undefined) return ` ${asked === nameFirst ? asked.description : asked.name}.`
      const guess = facts[Math.floor(facts.length * chanceOf(prompt))]!
      return ` ${chanceOf(prompt, 'kind') < 0.5 ? guess.name : guess.description}.`
    }
    const { metrics, summary } = await evaluateToy('forms', { dataset, model: new ToyModel({ draw }) })
    expect(summary.splits.map(({ split, samples }) => [split, samples])).to.deep.equal(
      [
        ...['p2d_same_statement', 'p2d_reverse_statement', 'd2p_same_statement', 'd2p_reverse_statement'],
        ...['p2d_same_question', 'p2d_reverse_question', 'd2p_same_question', 'd2p_reverse_question'],
      ].map((split) => [split, 90]),
    )
    for (const [split, { prefix_accuracy: accuracy }] of Object.entries(metrics)) {
      if (split.endsWith('same_statement')) expect(accuracy, split).to.equal(1)
      else expect(accuracy, split).to.be.below(0.06)
    }
    expect(summary.contrasts).to.have.length(4)
  })
})
