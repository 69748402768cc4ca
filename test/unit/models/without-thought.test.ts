import { expect } from 'chai'
import { completionsWithoutThought, withoutThought } from '../../../src/lib/models/without-thought.ts'

describe('what a model thought before its answer', () => {
  const written: [what: string, whole: string, read: { text: string; thought?: string }][] = [
    ['closed', '<think>\nAda?\n</think>\n\nAda Holm.', { text: 'Ada Holm.', thought: 'Ada?' }],
    ['cut off', '<think>\nIt may be Ada Holm', { text: '', thought: 'It may be Ada Holm' }],
    ['begun in the prompt', 'Ada?\n</think>\n\nAda Holm.', { text: 'Ada Holm.', thought: 'Ada?' }],
    ['empty', '<think>\n\n</think>\n\n Ada', { text: 'Ada', thought: '' }],
  ]
  for (const [what, whole, read] of written) {
    it(`is taken off where it is ${what}`, () => {
      expect(withoutThought(whole)).to.deep.equal(read)
    })
  }

  it('is nothing in a text without it, which stays as it is', () => {
    const generation = { index: 0, completions: [' Ada  <b> \n', '', ' I think> so'] }
    expect(completionsWithoutThought(generation)).to.equal(generation)
    const ended = { ...generation, endings: generation.completions.map(() => ({ reason: 'stop' })) }
    expect(completionsWithoutThought(ended)).to.equal(ended)
  })

  it('is kept with how the completion ended', () => {
    const completions = ['<think>Ada', ' Ada']
    const endings = [{ reason: 'length' }, { reason: 'stop' }]
    expect(completionsWithoutThought({ completions, endings })).to.deep.equal({
      completions: ['', ' Ada'],
      endings: [{ reason: 'length', reasoning: 'Ada' }, { reason: 'stop' }],
    })
    expect(completionsWithoutThought({ completions })).to.have.deep.property('endings', [
      { reason: 'unknown', reasoning: 'Ada' },
      { reason: 'unknown' },
    ])
  })

  it('is not taken off twice', () => {
    const own = {
      completions: ['<think> is a tag.'],
      endings: [{ reason: 'stop', reasoning: 'What is it?' }],
    }
    expect(completionsWithoutThought(own)).to.equal(own)
  })
})
