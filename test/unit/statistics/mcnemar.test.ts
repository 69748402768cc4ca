import { expect } from 'chai'
import { testMcNemar } from '../../../src/lib/statistics/mcnemar.ts'
import { expectClose, reference } from './reference.ts'

function outcomes(onlyFirst: number, onlySecond: number): { first: number[]; second: number[] } {
  const repeat = (times: number, value: number) => new Array<number>(times).fill(value)
  return {
    first: [...repeat(onlyFirst, 1), ...repeat(onlySecond, 0), 1, 0],
    second: [...repeat(onlyFirst, 0), ...repeat(onlySecond, 1), 1, 0],
  }
}

describe('testMcNemar', () => {
  for (const { onlyFirst, onlySecond, p, midP } of reference.mcNemar) {
    it(`agrees with statsmodels and SciPy for ${onlyFirst} against ${onlySecond}`, () => {
      const result = testMcNemar(outcomes(onlyFirst, onlySecond))
      expectClose(result, { onlyFirst, onlySecond, p, midP, n: onlyFirst + onlySecond + 2 })
    })
  }

  it('has a mid-p of 1 where the sides are equal, and none above the exact p', () => {
    expect(testMcNemar(outcomes(4, 4)).midP).to.be.closeTo(1, 1e-12)
    expect(testMcNemar(outcomes(2, 7)).midP).to.be.below(testMcNemar(outcomes(2, 7)).p)
  })

  it('finds nothing in no pairs', () => {
    expect(testMcNemar({ first: [], second: [] })).to.deep.equal({
      n: 0,
      onlyFirst: 0,
      onlySecond: 0,
      p: 1,
      midP: 1,
    })
  })

  it('refuses outcomes other than right and wrong', () => {
    expect(() => testMcNemar({ first: [1, 0.5], second: [1, 0] })).to.throw(
      RangeError,
      'outcomes are 0 or 1, not 0.5',
    )
  })
})
