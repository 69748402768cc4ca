import { expect } from 'chai'
import { bootstrapMean } from '../../../src/lib/statistics/bootstrap.ts'
import { measureReversalGap } from '../../../src/lib/statistics/reversal-gap.ts'
import { expectClose } from './reference.ts'

const facts = ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd']
const same = { values: [1, 1, 1, 0, 0, 1, 1, 1], facts }
const reverse = { values: [0, 0, 1, 0, 0, 0, 0, 0], facts }

describe('measureReversalGap', () => {
  it('is the mean in the same direction minus the mean in the reverse one', () => {
    const gap = measureReversalGap({ same, reverse })
    expect(gap).to.include({ same: 0.75, reverse: 0.125, estimate: 0.625, facts: 4 })
    expect(gap.low).to.be.within(0, 0.625)
    expect(gap.high).to.be.within(0.625, 1)
  })

  it('resamples facts, as the interval of their differences does', () => {
    const differences = same.values.map((value, index) => value - reverse.values[index]!)
    const { estimate, low, high } = bootstrapMean({ values: differences, clusters: facts, seed: 9 })
    expectClose(measureReversalGap({ same, reverse, seed: 9 }), { estimate, low, high })
  })

  it('has one interval, in whatever order the scores come', () => {
    const turned = ({ values, facts }: typeof same) => ({
      values: values.toReversed(),
      facts: facts.toReversed(),
    })
    expect(measureReversalGap({ same: turned(same), reverse })).to.deep.equal(
      measureReversalGap({ same, reverse }),
    )
    expect(bootstrapMean({ ...turned(same), clusters: turned(same).facts })).to.deep.equal(
      bootstrapMean({ ...same, clusters: same.facts }),
    )
  })

  it('leaves out facts that are asked for in one direction alone', () => {
    const more = { values: [...same.values, 0, 0], facts: [...facts, 'e', 'f'] }
    expect(measureReversalGap({ same: more, reverse })).to.deep.equal(measureReversalGap({ same, reverse }))
    const apart = { values: [1, 1], facts: ['x', 'y'] }
    expect(measureReversalGap({ same: apart, reverse })).to.deep.equal({
      estimate: null,
      low: null,
      high: null,
      confidence: 0.95,
      same: null,
      reverse: null,
      facts: 0,
    })
  })

  it('refuses values that are not numbers', () => {
    const bad = { values: [Number.NaN], facts: ['a'] }
    expect(() => measureReversalGap({ same: bad, reverse })).to.throw(RangeError, 'same.values[0]')
    expect(() => measureReversalGap({ same, reverse: bad })).to.throw(RangeError, 'reverse.values[0]')
  })
})
