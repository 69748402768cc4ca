import { expect } from 'chai'
import { measureAttempts } from '../../../src/lib/statistics/attempts.ts'

describe('measureAttempts', () => {
  it('tells whether any attempt is right, and how many are', () => {
    expect(measureAttempts({ right: 3, attempts: 10 })).to.deep.equal({ anyOf: 1, meanOf: 0.3 })
    expect(measureAttempts({ right: 0, attempts: 10 })).to.deep.equal({ anyOf: 0, meanOf: 0 })
  })

  it('has as any-of-k the share of choices of k attempts that hold a right one', () => {
    const rights = [1, 0, 0, 1, 0]
    for (let k = 1; k <= 5; k++) {
      const choices = Array.from({ length: 2 ** 5 }, (_, mask) =>
        rights.filter((_, i) => (mask >> i) & 1),
      ).filter(({ length }) => length === k)
      const share = choices.filter((choice) => choice.includes(1)).length / choices.length
      expect(measureAttempts({ right: 2, attempts: 5, k }).anyOf).to.be.closeTo(share, 1e-14)
    }
  })

  it('refuses counts that are none', () => {
    for (const counts of [
      { right: 3, attempts: 2 },
      { right: 0, attempts: 0 },
      { right: 0, attempts: 2, k: 3 },
      { right: 0.5, attempts: 2 },
    ])
      expect(() => measureAttempts(counts)).to.throw(RangeError, 'is no measure')
  })
})
