import { expect } from 'chai'
import { estimateMean } from '../../../src/lib/statistics/mean-interval.ts'
import { describeSample, expectClose, reference, valuesOf } from './reference.ts'

describe('estimateMean', () => {
  for (const { values, confidence, ...expected } of reference.mean) {
    it(`finds the Student t interval of ${describeSample(values)} at ${confidence}`, () => {
      expectClose(estimateMean({ values: valuesOf(values), confidence }), { ...expected, confidence })
    })
  }

  it('finds no interval where nothing tells of the spread', () => {
    const undefinedInterval = { low: null, high: null, confidence: 0.95 }
    expect(estimateMean({ values: [] })).to.deep.equal({
      n: 0,
      estimate: null,
      standardDeviation: null,
      standardError: null,
      ...undefinedInterval,
    })
    expect(estimateMean({ values: [7] })).to.include({
      n: 1,
      estimate: 7,
      standardError: null,
      ...undefinedInterval,
    })
    expect(estimateMean({ values: [0.1, 0.1, 0.1] })).to.include({
      estimate: 0.1,
      standardError: 0,
      ...undefinedInterval,
    })
  })

  it('refuses a confidence that is none', () => {
    expect(() => estimateMean({ values: [1, 2], confidence: 95 })).to.throw(RangeError, 'confidence is 95')
  })
})
