import { expect } from 'chai'
import { testPairedT } from '../../../src/lib/statistics/paired-t.ts'
import { expectClose, pairOf, reference } from './reference.ts'

describe('testPairedT', () => {
  for (const { name, statistic, p, low, high, ...pair } of reference.pairedT) {
    it(`agrees with SciPy: ${name}`, () => {
      expectClose(testPairedT(pairOf(pair)), { statistic, p, low, high })
    })
  }

  it('is not defined for fewer than two pairs', () => {
    expect(testPairedT({ first: [], second: [] })).to.include({
      n: 0,
      estimate: null,
      statistic: null,
      p: null,
    })
    expect(testPairedT({ first: [3], second: [1] })).to.include({
      n: 1,
      estimate: 2,
      statistic: null,
      p: null,
    })
  })

  it('is not defined where all differences are equal, be it but for rounding', () => {
    const second = [-10.69, -9.2, -0.3]
    const first = second.map((value) => value + 0.7)
    const result = testPairedT({ first, second })
    expect(result.estimate).to.be.closeTo(0.7, 1e-14)
    expect(result).to.include({ standardError: 0, low: null, high: null, statistic: null, p: null })
    expect(testPairedT({ first, second: first })).to.include({ estimate: 0, statistic: null, p: null })
  })

  it('refuses unequal lengths and values that are not numbers', () => {
    expect(() => testPairedT({ first: [1, 2], second: [1] })).to.throw(RangeError, 'equal lengths')
    expect(() => testPairedT({ first: [1, 2], second: [1, Number.NEGATIVE_INFINITY] })).to.throw(RangeError)
  })
})
