import { expect } from 'chai'
import { startsWith } from '../../../src/lib/evaluation/measures.ts'
import { foldCase } from '../../../src/lib/support/fold-case.ts'

describe('folding a text', () => {
  it('makes one text of every case and Unicode form, as the match of an answer does', () => {
    for (const [one, other] of [
      ['Zoë', 'ZOE\u0308'],
      // The capital has no composed form, the small letter has one.
      ['J\u030can', '\u01f0an'],
    ] as const) {
      expect(foldCase(one)).to.equal(foldCase(other))
      expect(startsWith(` ${one} Ek`, other)).to.equal(true)
    }
  })
})
