import { expect } from 'chai'
import fc from 'fast-check'
import { testEquivalence } from '../../../src/lib/statistics/equivalence.ts'
import { describeSample, expectClose, pairOf, reference } from './reference.ts'

describe('testEquivalence', () => {
  for (const { low, high, alpha, p, aboveLow, belowHigh, interval, ...pair } of reference.equivalence) {
    it(`agrees with statsmodels on ${describeSample(pair.first)} within ${low} and ${high}`, () => {
      const result = testEquivalence({ ...pairOf(pair), low, high, alpha })
      expectClose(result, { p })
      expectClose(result.aboveLow, aboveLow)
      expectClose(result.belowHigh, belowHigh)
      expectClose(result.difference, { low: interval[0], high: interval[1] })
    })
  }

  it('finds values equivalent exactly where the 90 % interval of their difference lies within the margin', () => {
    const sample = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 })
    const property = fc.property(sample, sample, (first, second) => {
      const { equivalent, difference } = testEquivalence({ first, second, low: -0.5, high: 0.5 })
      const within = difference.low !== null && difference.low > -0.5 && difference.high! < 0.5
      expect(equivalent).to.equal(within)
      expect(difference.confidence).to.equal(0.9)
    })
    fc.assert(property)
  })

  it('shows no equivalence where there is no spread to judge by', () => {
    const none = { statistic: null, p: null }
    const result = testEquivalence({ first: [1, 2, 3], second: [1, 2, 3], low: -1, high: 1 })
    expect(result).to.deep.include({ p: null, equivalent: false, aboveLow: none, belowHigh: none })
    expect(result.difference).to.include({ n: 3, estimate: 0, low: null })
  })

  it('refuses an empty margin and a level that is none', () => {
    const pair = { first: [1, 2], second: [2, 4] }
    expect(() => testEquivalence({ ...pair, low: 1, high: 1 })).to.throw(
      RangeError,
      'no margin lies between 1 and 1',
    )
    expect(() => testEquivalence({ ...pair, low: -1, high: 1, alpha: 0.5 })).to.throw(
      RangeError,
      'alpha is 0.5',
    )
  })
})
