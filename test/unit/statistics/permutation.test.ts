import { expect } from 'chai'
import { testMcNemar } from '../../../src/lib/statistics/mcnemar.ts'
import { testPairedPermutation, testTwoSamplePermutation } from '../../../src/lib/statistics/permutation.ts'
import { describeSample, expectClose, pairOf, reference } from './reference.ts'

const kinds = [
  { test: testPairedPermutation, cases: reference.pairedPermutation },
  { test: testTwoSamplePermutation, cases: reference.twoSamplePermutation },
]

for (const { test, cases } of kinds) {
  describe(test.name, () => {
    for (const { resamples, seed, statistic, p, ...pair } of cases) {
      const drawn = resamples === undefined ? {} : { resamples, seed: seed! }
      const whose = resamples === undefined ? 'SciPy' : 'Python’s draws'
      it(`agrees with ${whose} on ${describeSample(pair.first)} and ${describeSample(pair.second)}`, () => {
        const result = test({ ...pairOf(pair), ...drawn })
        expectClose(result, { statistic, p })
        expect(result.method).to.equal(resamples === undefined ? 'exact' : 'monte-carlo')
      })
    }

    it('is not defined without values', () => {
      const nothing = { statistic: null, p: null, method: 'exact', permutations: 0 }
      expect(test({ first: [], second: [] })).to.deep.equal(nothing)
    })

    it('refuses values that are not numbers', () => {
      expect(() => test({ first: [1, Number.NaN], second: [1, 2] })).to.throw(RangeError)
    })
  })
}

describe('the permutation tests', () => {
  it('has an answer where all differences are equal: 20 facts all right against all wrong', () => {
    const first = new Array<number>(20).fill(1)
    const second = first.map(() => 0)
    const exact = testPairedPermutation({ first, second })
    expect(exact).to.deep.equal({ statistic: 1, p: 2 / 2 ** 20, method: 'exact', permutations: 2 ** 20 })
    const drawn = testPairedPermutation({ first: [...first, ...first], second: [...second, ...second] })
    expect(drawn).to.deep.equal({ statistic: 1, p: 2 / 10_000, method: 'monte-carlo', permutations: 10_000 })
  })

  it('leaves differences of 0 out of the count, and finds nothing where there are no others', () => {
    expect(testPairedPermutation({ first: [1, 2, 3], second: [1, 2, 4] })).to.include({
      p: 1,
      permutations: 2,
    })
    expect(testPairedPermutation({ first: [1, 2], second: [1, 2] })).to.include({ statistic: 0, p: 1 })
  })

  it('counts all divisions of two samples', () => {
    const result = testTwoSamplePermutation({ first: [5, 6, 7], second: [1, 2, 3, 4] })
    expect(result).to.include({ statistic: 3.5, permutations: 35 })
    expectClose(result, { p: 2 / 35 })
    expect(testTwoSamplePermutation({ first: [1], second: [] })).to.include({ statistic: null, p: null })
  })

  it('draws the same with the same seed, and close to what McNemar counts in right and wrong answers', () => {
    const first = Array.from({ length: 30 }, (_, index) => Number(index < 20))
    const second = first.map((value) => 1 - value)
    const drawn = testPairedPermutation({ first, second, seed: 1 })
    expect(testPairedPermutation({ first, second, seed: 1 })).to.deep.equal(drawn)
    expect(testPairedPermutation({ first, second, seed: 2 }).p).to.not.equal(drawn.p)
    expect(drawn.p).to.be.closeTo(testMcNemar({ first, second }).p, 0.015)
  })
})
