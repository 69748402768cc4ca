import { expect } from 'chai'
import {
  renderRewriting,
  renderRewritingEstimate,
  rewritingQuestion,
} from '../../../src/cli/text/rewriting.ts'

describe('the messages about sentences written by a model', () => {
  const estimate = {
    ...{ sentences: 1200, known: 200, tokens: { input: 50_000, output: 20_000 } },
    ...{ costUsd: 1.5, costBasis: 'Prices of 2026-10 (x).' },
  }

  it('give the cost of those that are not cached', () => {
    expect(renderRewritingEstimate(estimate)).to.equal(
      '1,200 sentences, 200 of them cached, 50,000 tokens in, about 20,000 out, about $1.50\nPrices of 2026-10 (x).',
    )
    expect(rewritingQuestion(estimate)).to.equal('Have 1,000 sentences written for about $1.50?')
    expect(rewritingQuestion({ ...estimate, costUsd: null })).to.equal(
      'Have 1,000 sentences written at an unknown cost?',
    )
  })

  it('is no cost where there is none', () => {
    const free = { sentences: 1, known: 0, tokens: { input: 0, output: 0 }, costUsd: 0 }
    expect(renderRewritingEstimate(free as typeof estimate)).to.equal('1 sentence')
  })

  it('is how many are the model’s, and why the others are not', () => {
    const rewriting = { sentences: 1200, refusals: {} } as Parameters<typeof renderRewriting>[0]
    expect(renderRewriting(rewriting)).to.equal('All 1,200 sentences are as the model wrote them.')
    expect(
      renderRewriting({ ...rewriting, refusals: { 'the name is given away': 30, 'it grew too long': 2 } }),
    ).to.match(
      /^1,168 of 1,200 sentences are as the model wrote them; the others use the plain template: the name is given away \(30\), it grew too long \(2\)\.$/,
    )
  })
})
