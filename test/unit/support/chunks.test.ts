import { expect } from 'chai'
import { chunksByWeight } from '../../../src/lib/support/chunks.ts'

describe('parts by weight', () => {
  const parts = (weights: number[]) => chunksByWeight(weights, { most: 10, weightOf: (weight) => weight })

  it('are filled in order up to what they may weigh', () => {
    expect(parts([4, 6, 1, 9, 3])).to.deep.equal([[4, 6], [1, 9], [3]])
    expect(parts([])).to.deep.equal([])
  })

  it('hold an item that is too heavy alone, and items that weigh nothing', () => {
    expect(parts([2, 30, 0, 5])).to.deep.equal([[2], [30], [0, 5]])
  })
})
