import { expect } from 'chai'
import { measureEffectSize } from '../../../src/lib/statistics/effect-size.ts'
import { describeSample, expectClose, pairOf, reference } from './reference.ts'

describe('measureEffectSize', () => {
  for (const { cohenD, hedgesG, ...pair } of reference.effectSize) {
    it(`finds Cohen’s d and Hedges’ g of ${describeSample(pair.first)}`, () => {
      expectClose(measureEffectSize(pairOf(pair)), { cohenD, hedgesG })
    })
  }

  it('is not defined without spread', () => {
    const none = { cohenD: null, hedgesG: null }
    expect(measureEffectSize({ first: [], second: [] })).to.deep.equal(none)
    expect(measureEffectSize({ first: [2], second: [1] })).to.deep.equal(none)
    expect(measureEffectSize({ first: [2, 3, 4], second: [1, 2, 3] })).to.deep.equal(none)
  })
})
