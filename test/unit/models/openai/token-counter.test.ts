import { expect } from 'chai'
import { encodingOf, tokenCounter } from '../../../../src/lib/models/openai/token-counter.ts'

describe('the token counter', () => {
  it('knows the encoding of each model of OpenAI’s, fine-tuned or not', () => {
    const encodings = {
      ada: 'r50k_base',
      'text-curie-001': 'r50k_base',
      'text-davinci-003': 'p50k_base',
      'davinci-002': 'cl100k_base',
      'gpt-3.5-turbo-0125': 'cl100k_base',
      'gpt-4': 'cl100k_base',
      'gpt-4-turbo': 'cl100k_base',
      'ft:gpt-4-0613:me::1': 'cl100k_base',
      'gpt-4o-mini-2024-07-18': 'o200k_base',
      'ft:gpt-4.1-2025-04-14:me::1': 'o200k_base',
      'gpt-6-luna': 'o200k_base',
      'gpt-oss-20b': 'o200k_harmony',
    }
    for (const [model, encoding] of Object.entries(encodings)) expect(encodingOf(model)).to.equal(encoding)
  })

  // Numbers of tiktoken, from OpenAI's cookbook ("How to count tokens with tiktoken").
  it('counts as tiktoken does', async () => {
    const texts = ['antidisestablishmentarianism', '2 + 2 = 4', 'お誕生日おめでとう']
    const counts = {
      davinci: [5, 5, 14],
      'text-davinci-003': [5, 5, 14],
      'gpt-4': [6, 7, 9],
      'gpt-4.1': [6, 7, 8],
    }
    for (const [model, expected] of Object.entries(counts)) {
      const count = await tokenCounter(model)
      expect(texts.map(count)).to.deep.equal(expected)
    }
  })

  it('counts what looks like a special token as plain text', async () => {
    const count = await tokenCounter('gpt-4.1')
    expect(count('<|endoftext|>')).to.be.above(1)
  })
})
