import { expect } from 'chai'
import fc from 'fast-check'
import { adjustPValues } from '../../../src/lib/statistics/adjust-p-values.ts'
import { expectClose, reference } from './reference.ts'

describe('adjustPValues', () => {
  for (const { pValues, holm, benjaminiHochberg } of reference.adjusted) {
    it(`agrees with statsmodels on ${pValues.join(', ')}`, () => {
      expectClose(adjustPValues({ pValues, method: 'holm' }), holm)
      expectClose(adjustPValues({ pValues, method: 'benjamini-hochberg' }), benjaminiHochberg)
    })
  }

  it('passes over tests that have no p-value', () => {
    expect(adjustPValues({ pValues: [null, 0.02, null, 0.25], method: 'holm' })).to.deep.equal([
      null,
      0.04,
      null,
      0.25,
    ])
    expect(adjustPValues({ pValues: [], method: 'holm' })).to.deep.equal([])
  })

  it('never lowers a p-value, keeps their order, and is stricter by Holm', () => {
    const property = fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (pValues) => {
      const ascending = pValues.toSorted((a, b) => a - b)
      const holm = adjustPValues({ pValues: ascending, method: 'holm' })
      const share = adjustPValues({ pValues: ascending, method: 'benjamini-hochberg' })
      for (const [index, p] of ascending.entries()) {
        expect(share[index]).to.be.at.least(p * (1 - 1e-12))
        expect(holm[index]).to.be.at.least(share[index]! * (1 - 1e-12))
        if (index > 0) expect(share[index]).to.be.at.least(share[index - 1]!)
      }
    })
    fc.assert(property)
  })

  it('refuses invalid p-values', () => {
    expect(() => adjustPValues({ pValues: [0.5, 1.5], method: 'holm' })).to.throw(
      RangeError,
      '1.5 is no p-value',
    )
    expect(() => adjustPValues({ pValues: [Number.NaN], method: 'holm' })).to.throw(RangeError)
  })
})
