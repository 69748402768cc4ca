import { expect } from 'chai'
import { findDetectableEffect, findPower } from '../../../src/lib/statistics/detectable-effect.ts'
import { expectClose, reference } from './reference.ts'

describe('findDetectableEffect', () => {
  for (const { n, alpha, power, effect } of reference.detectableEffect) {
    it(`agrees with SciPy for ${n} pairs at level ${alpha} and power ${power}`, () => {
      expectClose({ effect: findDetectableEffect({ n, alpha, power }) }, { effect })
      expectClose({ power: findPower({ n, effect, alpha }) }, { power })
    })
  }

  it('says that the 30 facts of Figure 4 show an effect of 0.53 standard deviations or more', () => {
    expect(findDetectableEffect({ n: 30 })?.toFixed(2)).to.equal('0.53')
  })

  it('has the level as its power where there is no effect, and the same power for either sign', () => {
    expectClose({ power: findPower({ n: 12, effect: 0 }) }, { power: 0.05 })
    expectClose({ power: findPower({ n: 12, effect: -0.6 }) }, { power: findPower({ n: 12, effect: 0.6 }) })
  })

  it('knows of none for fewer than two pairs, and refuses a power that no effect is needed for', () => {
    expect(findDetectableEffect({ n: 1 })).to.equal(null)
    expect(() => findDetectableEffect({ n: 30, alpha: 0.05, power: 0.05 })).to.throw(
      RangeError,
      'power is 0.05',
    )
    expect(() => findDetectableEffect({ n: 30, alpha: 0 })).to.throw(RangeError, 'alpha is 0')
    expect(() => findPower({ n: 1, effect: 1 })).to.throw(RangeError, 'at least 2 pairs, not 1')
  })
})
