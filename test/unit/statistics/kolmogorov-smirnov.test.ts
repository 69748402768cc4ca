import { expect } from 'chai'
import fc from 'fast-check'
import { testKolmogorovSmirnov } from '../../../src/lib/statistics/kolmogorov-smirnov.ts'
import { describeSample, expectClose, pairOf, reference } from './reference.ts'

describe('testKolmogorovSmirnov', () => {
  for (const { method, statistic, p, ...pair } of reference.kolmogorovSmirnov) {
    it(`agrees with SciPy (${method}) on ${describeSample(pair.first)} and ${describeSample(pair.second)}`, () => {
      expectClose(testKolmogorovSmirnov({ ...pairOf(pair), method }), { statistic, p })
    })
  }

  it('has the p-values of the paper’s Table 3, whose 30 facts allow but a few', () => {
    const first = Array.from({ length: 30 }, (_, index) => index)
    const p = [4, 5, 6, 7, 8, 9].map((steps) => {
      const second = first.map((value) => value + steps)
      return testKolmogorovSmirnov({ first, second }).p!.toFixed(2)
    })
    expect(p).to.deep.equal(['0.96', '0.81', '0.59', '0.39', '0.24', '0.14'])
  })

  it('counts all divisions of pooled values', () => {
    const sample = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 7, maxLength: 7 })
    const property = fc.property(sample, fc.integer({ min: 1, max: 6 }), (pooled, size) => {
      const { statistic, p } = testKolmogorovSmirnov({
        first: pooled.slice(0, size),
        second: pooled.slice(size),
      })
      let all = 0
      let asFar = 0
      for (let mask = 0; mask < 2 ** 7; mask++) {
        const first = pooled.filter((_, index) => (mask >> index) & 1)
        if (first.length !== size) continue
        const second = pooled.filter((_, index) => !((mask >> index) & 1))
        all++
        if (testKolmogorovSmirnov({ first, second }).statistic! >= statistic! - 1e-12) asFar++
      }
      expect(p).to.be.closeTo(asFar / all, 1e-12)
    })
    fc.assert(property, { numRuns: 20 })
  })

  it('is the same whichever sample is first', () => {
    const sample = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 })
    const property = fc.property(sample, sample, fc.constantFrom('exact', 'asymptotic'), (a, b, method) => {
      const there = testKolmogorovSmirnov({ first: a, second: b, method })
      const back = testKolmogorovSmirnov({ first: b, second: a, method })
      expect(back.statistic).to.equal(there.statistic)
      expect(back.p).to.be.closeTo(there.p!, 1e-12)
      expect(there.p).to.be.within(0, 1)
    })
    fc.assert(property)
  })

  it('is not defined for an empty sample', () => {
    expect(testKolmogorovSmirnov({ first: [], second: [1] })).to.deep.equal({
      statistic: null,
      p: null,
      method: 'exact',
    })
  })

  it('has an asymptotic p of 1 for equal samples and 0 for separate ones, as SciPy, be they ever so small', () => {
    const asymptotic = (first: number[], second: number[]) =>
      testKolmogorovSmirnov({ first, second, method: 'asymptotic' }).p
    expect([asymptotic([1], [1]), asymptotic([1, 2], [3, 4])]).to.deep.equal([1, 0])
  })

  it('refuses values that are not numbers', () => {
    expect(() => testKolmogorovSmirnov({ first: [1], second: [Number.NaN] })).to.throw(
      RangeError,
      'second[0]',
    )
  })
})
