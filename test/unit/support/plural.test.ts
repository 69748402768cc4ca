import { expect } from 'chai'
import { plural } from '../../../src/lib/support/plural.ts'

describe('a count', () => {
  for (const [count, text] of [
    [0, '0 epochs'],
    [1, '1 epoch'],
    [2, '2 epochs'],
    [1200, '1,200 epochs'],
  ] as const) {
    it(`of ${count} is “${text}”`, () => {
      expect(plural(count, 'epoch')).to.equal(text)
    })
  }

  it('takes words that have a plural of their own', () => {
    expect([1, 2].map((count) => plural(count, 'celebrity', 'celebrities'))).to.deep.equal([
      '1 celebrity',
      '2 celebrities',
    ])
  })
})
