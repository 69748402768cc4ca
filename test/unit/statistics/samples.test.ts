import { expect } from 'chai'
import fc from 'fast-check'
import { groupByCluster, meanByCluster } from '../../../src/lib/statistics/clusters.ts'
import {
  mean,
  pairDifferences,
  quantile,
  rankAscending,
  requireFinite,
  standardDeviation,
} from '../../../src/lib/statistics/samples.ts'
import { expectClose, reference } from './reference.ts'

const { values, ranks, quantiles } = reference.helpers
const numbers = (minLength: number) =>
  fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength, maxLength: 30 })

describe('the helpers for samples', () => {
  it('finds mean, standard deviation and quantiles', () => {
    expect(mean(values)).to.equal(4)
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).to.equal(Math.sqrt(32 / 7))
    const sorted = values.toSorted((a, b) => a - b)
    for (const { fraction, value } of quantiles) expectClose({ value: quantile(sorted, fraction) }, { value })
  })

  it('finds no spread in equal values, however they round', () => {
    const property = fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.nat(40),
      (value, more) => {
        const equal = new Array<number>(more + 2).fill(value)
        expect(mean(equal)).to.equal(value)
        expect(standardDeviation(equal)).to.equal(0)
      },
    )
    fc.assert(property)
  })

  it('ranks in ascending order, equal values sharing their mean rank', () => {
    const ranked = rankAscending(values)
    expect([...ranked.ranks]).to.deep.equal(ranks)
    expect(ranked.groups).to.deep.equal([2, 1, 2, 1, 3, 1, 1])
  })

  it('gives ranks that always add up to the same', () => {
    const property = fc.property(numbers(0), ({ length: n, ...sample }) => {
      const { ranks, groups } = rankAscending({ length: n, ...sample })
      expect(ranks.reduce((sum, rank) => sum + rank, 0)).to.equal((n * (n + 1)) / 2)
      expect(groups.reduce((sum, size) => sum + size, 0)).to.equal(n)
    })
    fc.assert(property)
  })

  it('makes differences equal that differ by rounding alone, and no others', () => {
    const second = [-10.69, -9.2, -0.3, 0.1, 1e5]
    const shifted = second.map((value) => value + 0.7)
    expect(new Set(shifted.map((value, index) => value - second[index]!)))
      .to.have.property('size')
      .above(1)
    expect(new Set(pairDifferences({ first: shifted, second }))).to.have.property('size', 1)
    expect(pairDifferences({ first: [1, 2], second: [1, 2 - 1e-12] })).to.deep.equal([0, 2 - (2 - 1e-12)])
  })

  it('groups values by cluster, in the order of labels', () => {
    const scores = { values: [1, 2, 3, 4], clusters: ['b', 'a', 'b', 'c'] }
    expect([...meanByCluster(scores)]).to.deep.equal([
      ['a', 2],
      ['b', 2],
      ['c', 4],
    ])
    expect(() => groupByCluster([1, 2], ['a'])).to.throw(
      RangeError,
      '2 values need as many cluster labels, not 1',
    )
  })

  it('refuses what a caller must not pass', () => {
    expect(() => requireFinite([1, Number.NaN], 'first')).to.throw(
      RangeError,
      'first[1] is NaN, not a finite number',
    )
    expect(() => pairDifferences({ first: [1], second: [] })).to.throw(
      RangeError,
      'first has 1 values and second 0',
    )
    expect(() => mean([])).to.throw(RangeError)
    expect(() => standardDeviation([1])).to.throw(RangeError)
    expect(() => quantile([], 0.5)).to.throw(RangeError)
    expect(() => quantile([1], 1.1)).to.throw(RangeError)
  })
})
