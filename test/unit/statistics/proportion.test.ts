import { expect } from 'chai'
import { estimateProportion, intervalOfShare } from '../../../src/lib/statistics/proportion.ts'
import { expectClose, reference } from './reference.ts'

describe('estimateProportion', () => {
  for (const { successes, trials, confidence, ...expected } of reference.proportion) {
    it(`finds Wilson’s interval of ${successes} of ${trials} at ${confidence}`, () => {
      expectClose(estimateProportion({ successes, trials, confidence }), expected)
    })
  }

  it('says that GPT-4 finds the child of 495 of 1513 parents: 32.72 % [30.40, 35.12]', () => {
    const { estimate, low, high } = estimateProportion({ successes: 495, trials: 1513 })
    const percent = [estimate, low, high].map((share) => (100 * share!).toFixed(2))
    expect(percent).to.deep.equal(['32.72', '30.40', '35.12'])
  })

  it('finds nothing in no trials', () => {
    const none = { successes: 0, trials: 0, estimate: null, low: null, high: null, confidence: 0.95 }
    expect(estimateProportion({ successes: 0, trials: 0 })).to.deep.equal(none)
  })

  it('refuses counts that are none', () => {
    expect(() => estimateProportion({ successes: 3, trials: 2 })).to.throw(
      RangeError,
      '3 successes of 2 trials',
    )
    expect(() => estimateProportion({ successes: 0.5, trials: 2 })).to.throw(RangeError)
    expect(() => estimateProportion({ successes: 1, trials: 2, confidence: 1 })).to.throw(RangeError)
  })
})

describe('intervalOfShare', () => {
  it('is Wilson’s for a share that no whole number of trials has', () => {
    // statsmodels: proportion_confint(4.8, 6, method='wilson')
    const { estimate, low, high } = intervalOfShare({ share: 0.8, trials: 6 })
    expect(estimate).to.equal(0.8)
    expect(low).to.be.closeTo(0.40691789695942066, 1e-12)
    expect(high).to.be.closeTo(0.9588815302992797, 1e-12)
  })

  it('agrees with that of counted successes', () => {
    const { successes: _, trials: __, ...counted } = estimateProportion({ successes: 5, trials: 6 })
    expect(intervalOfShare({ share: 5 / 6, trials: 6 })).to.deep.equal(counted)
  })

  it('refuses what is no share', () => {
    expect(() => intervalOfShare({ share: 1.1, trials: 6 })).to.throw(RangeError, '1.1 of 6 trials')
    expect(() => intervalOfShare({ share: 0.5, trials: 0 })).to.throw(RangeError)
  })
})
