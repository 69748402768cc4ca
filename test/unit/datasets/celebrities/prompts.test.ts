import { expect } from 'chai'
import { celebrityPrompt } from '../../../../src/lib/datasets/celebrities/prompts.ts'

const PAIR = { child: 'Liza Minnelli', parent: 'Judy Garland', parentType: 'mother' } as const

describe('the prompts of experiment 2', () => {
  it('frame the question as the original: an instruction, a child, a parent, and one that nobody knows', () => {
    const { conversation, question, text } = celebrityPrompt(PAIR, 'parent', { style: 'original' })
    const { system, exchanges: examples } = conversation
    expect(question).to.equal("Who is Liza Minnelli's mother?")
    expect(examples.map((example) => example.question.split(' ')[0])).to.deep.equal(['Name', 'Who', 'Who'])
    expect(examples[2]?.answer).to.equal("I don't know.")
    expect(
      text.startsWith(`${system}\n\nQ: ${examples[0]?.question}\nA: ${examples[0]?.answer}\nQ: `),
    ).to.equal(true)
    expect(text.endsWith("\nA: I don't know.\nQ: Who is Liza Minnelli's mother?\nA:")).to.equal(true)
  })

  it('give both directions the same form, unless the original’s unequal one is asked for', () => {
    const equal = celebrityPrompt(PAIR, 'child', { style: 'original' }).text
    const unequal = celebrityPrompt(PAIR, 'child', { style: 'original', unequal: true }).text
    expect(equal.endsWith('\nQ: Name a child of Judy Garland.\nA:')).to.equal(true)
    expect(unequal).to.equal(equal.replace('Q: Name a child of Judy', 'Name a child of Judy'))
    const parent = (options: object) =>
      celebrityPrompt(PAIR, 'parent', { style: 'original', ...options }).text
    expect(parent({ unequal: true })).to.equal(parent({}))
  })

  it('can be the question alone, or a sentence to complete', () => {
    expect(celebrityPrompt(PAIR, 'child', { style: 'question' })).to.deep.equal({
      conversation: { exchanges: [] },
      question: 'Name a child of Judy Garland.',
      text: 'Q: Name a child of Judy Garland.\nA:',
    })
    const sentence = (direction: 'parent' | 'child') =>
      celebrityPrompt(PAIR, direction, { style: 'completion' }).text
    expect(sentence('parent')).to.equal('The mother of Liza Minnelli is')
    expect(sentence('child')).to.equal('A child of Judy Garland is')
  })
})
