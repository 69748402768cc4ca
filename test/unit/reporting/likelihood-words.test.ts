import { expect } from 'chai'
import { describeLikelihoods } from '../../../src/lib/reporting/sections/likelihood-words.ts'

describe('the finding on log-probabilities', () => {
  const run = (difference: number, p: number, equivalence: number, model = 'ada') => ({
    ...{ model, difference, p_t: p, p_holm: p, p_equivalence: equivalence },
  })
  const words = (...runs: ReturnType<typeof run>[]) =>
    describeLikelihoods({ where: 'On reverse prompts', margin: 1, runs }).join(' ')

  it('of one run without a difference says whether that is shown', () => {
    expect(words(run(0.2, 0.58, 0.012))).to.equal(
      'On reverse prompts the model does not distinguish correct from incorrect answers: their log-probabilities differ by 0.20 nats on average, which may be chance (paired t test, p = 0.58). The equivalence test shows that the difference is less than 1 nat (p = 0.012), too little to matter.',
    )
    expect(words(run(-0.26, 0.58, 0.076))).to.equal(
      'On reverse prompts the model does not distinguish correct from incorrect answers: their log-probabilities differ by 0.26 nats on average, which may be chance (paired t test, p = 0.58). The equivalence test does not show that the difference is less than 1 nat (p = 0.076), so there may still be one that matters: test more facts.',
    )
  })

  it('of one run with a difference says which way, and whether it matters', () => {
    expect(words(run(10.6, 1e-6, 1))).to.equal(
      'On reverse prompts correct answers are likelier than incorrect ones, by 10.60 nats on average (paired t test, p < 0.0001).',
    )
    expect(words(run(-0.3, 0.01, 0.002))).to.equal(
      'On reverse prompts correct answers are less likely than incorrect ones, by 0.30 nats on average (paired t test, p = 0.010). That is too little to matter: the equivalence test shows that it is less than 1 nat (p = 0.0020).',
    )
  })

  it('of many runs counts what is shown, and what is not', () => {
    expect(words(run(0.1, 0.5, 0.01), run(0.3, 0.4, 0.02))).to.equal(
      'On reverse prompts none of the 2 runs distinguishes correct from incorrect answers (paired t tests, p below 0.05 after Holm’s correction); the mean difference, correct minus incorrect, is 0.20 nats. In both runs the equivalence test shows that the difference is less than 1 nat, too little to matter.',
    )
    expect(words(run(0.1, 0.5, 0.01), run(2, 0.01, 0.9, 'babbage'), run(0.5, 0.4, 0.2))).to.equal(
      'On reverse prompts 1 of the 3 runs distinguishes correct from incorrect answers (paired t tests, p below 0.05 after Holm’s correction); the mean difference, correct minus incorrect, is 0.30 to 2.00 nats. In 1 of the 3 runs the equivalence test shows that the difference is less than 1 nat, too little to matter. In 1 of the 3 runs neither a difference nor its absence is shown, so there may still be one that matters: test more facts.',
    )
  })

  it('says nothing where nothing could be tested', () => {
    expect(words()).to.equal('')
    expect(
      describeLikelihoods({ where: 'x', margin: 1, runs: [{ model: 'ada', difference: 1, p_t: null }] }),
    ).to.deep.equal([])
  })
})
