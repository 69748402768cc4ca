import { expect } from 'chai'
import { testWilcoxon } from '../../../src/lib/statistics/wilcoxon.ts'
import { describeSample, expectClose, pairOf, reference } from './reference.ts'

describe('testWilcoxon', () => {
  for (const { method, zeros, statistic, p, ...pair } of reference.wilcoxon) {
    it(`agrees with SciPy (${method}, ${zeros}) on ${describeSample(pair.first)}`, () => {
      expectClose(testWilcoxon({ ...pairOf(pair), method, zeros }), { statistic, p })
    })
  }

  it('takes as exact what auto takes, up to 50 pairs without ties and 13 with them', () => {
    const methodFor = (differences: number[]) =>
      testWilcoxon({ first: differences, second: differences.map(() => 0) }).method
    const distinct = (n: number) => Array.from({ length: n }, (_, index) => index + 1)
    expect([50, 51].map((n) => methodFor(distinct(n)))).to.deep.equal(['exact', 'asymptotic'])
    expect([12, 13].map((n) => methodFor([1, ...distinct(n)]))).to.deep.equal(['exact', 'asymptotic'])
    expect([12, 13].map((n) => methodFor([0, ...distinct(n)]))).to.deep.equal(['exact', 'asymptotic'])
  })

  it('counts all signs, given the ties', () => {
    const differences = [1, 1, 2, -2, 3, 4, -4, 5]
    const second = differences.map(() => 0)
    const sums = Array.from({ length: 2 ** 8 }, (_, mask) =>
      [1.5, 1.5, 3.5, 3.5, 5, 6.5, 6.5, 8].reduce(
        (sum, rank, index) => sum + ((mask >> index) & 1) * rank,
        0,
      ),
    )
    const share = sums.filter((sum) => sum <= 10).length / sums.length
    expect(testWilcoxon({ first: differences, second })).to.deep.equal({
      n: 8,
      statistic: 10,
      p: 2 * share,
      method: 'exact',
    })
  })

  it('finds nothing if every difference is 0 or there is none', () => {
    for (const method of ['exact', 'asymptotic'] as const) {
      for (const zeros of ['wilcox', 'pratt', 'zsplit'] as const) {
        expect(testWilcoxon({ first: [1, 2], second: [1, 2], method, zeros })).to.include({ p: 1 })
        expect(testWilcoxon({ first: [], second: [], method, zeros })).to.include({
          n: 0,
          statistic: 0,
          p: 1,
        })
      }
    }
  })

  it('refuses unequal lengths', () => {
    expect(() => testWilcoxon({ first: [1, 2], second: [1] })).to.throw(RangeError)
  })
})
