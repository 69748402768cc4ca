import { expect } from 'chai'
import { bootstrapMean, bootstrapUnits } from '../../../src/lib/statistics/bootstrap.ts'
import { estimateMean } from '../../../src/lib/statistics/mean-interval.ts'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'
import { describeSample, expectClose, reference, valuesOf } from './reference.ts'

const range = (n: number) => Array.from({ length: n }, (_, index) => index)

/** 30 facts of ten prompts each; a model knows a fact or not, and then answers all its prompts alike. */
function factScores(): { values: number[]; clusters: number[] } {
  const random = new PythonRandom(7)
  const known = range(30).map(() => Number(random.random() < 0.4))
  return {
    values: known.flatMap((value) => new Array<number>(10).fill(value)),
    clusters: range(300).map((index) => Math.floor(index / 10)),
  }
}

/** Labels that are in the order of their first appearance, as the reference has its clusters. */
function numbered(labels: readonly number[]): number[] {
  const places = new Map([...new Set(labels)].map((label, place) => [label, place]))
  return labels.map((label) => places.get(label)!)
}

function width({ low, high }: { low: number | null; high: number | null }): number {
  return high! - low!
}

describe('bootstrapMean', () => {
  for (const { values, clusters, estimate, low, high, ...options } of reference.bootstrap) {
    const clustered = clusters ? 'clusters of ' : ''
    it(`agrees with SciPy (${options.method}) on ${clustered}${describeSample(values)}`, () => {
      const labels = clusters && { clusters: numbered(valuesOf(clusters)) }
      const interval = bootstrapMean({ values: valuesOf(values), ...labels, ...options })
      expectClose(interval, { estimate, low, high, confidence: options.confidence })
    })
  }

  it('is as wide as 30 facts make it, not as narrow as 300 prompts would', () => {
    const { values, clusters } = factScores()
    const byFact = bootstrapMean({ values, clusters })
    const byPrompt = bootstrapMean({ values })
    expect(byFact.estimate).to.equal(byPrompt.estimate)
    expect(width(byFact) / width(byPrompt)).to.be.within(0.9 * Math.sqrt(10), 1.1 * Math.sqrt(10))
  })

  it('comes near Student’s interval for many values, and is the same with the same seed', () => {
    const random = new PythonRandom(3)
    const values = range(200).map(() => random.random())
    const interval = bootstrapMean({ values, resamples: 2000, seed: 5 })
    expect(width(interval)).to.be.closeTo(width(estimateMean({ values })), 0.01)
    expect(bootstrapMean({ values, resamples: 2000, seed: 5 })).to.deep.equal(interval)
    expect(bootstrapMean({ values, resamples: 2000, seed: 6 })).to.not.deep.equal(interval)
  })

  it('finds no interval where nothing tells of the spread', () => {
    const none = { low: null, high: null, confidence: 0.95 }
    expect(bootstrapMean({ values: [] })).to.deep.equal({ estimate: null, ...none })
    expect(bootstrapMean({ values: [3] })).to.deep.equal({ estimate: 3, ...none })
    expect(bootstrapMean({ values: [0, 1, 2], clusters: ['a', 'a', 'a'] })).to.deep.equal({
      estimate: 1,
      ...none,
    })
    expect(bootstrapMean({ values: [0.1, 0.1, 0.1] })).to.deep.equal({ estimate: 0.1, ...none })
    expect(bootstrapMean({ values: [0, 1, 0, 1, 1, 0], clusters: [1, 1, 2, 2, 3, 3] })).to.deep.equal({
      estimate: 0.5,
      ...none,
    })
  })

  it('refuses clusters that do not match, and values that are not numbers', () => {
    expect(() => bootstrapMean({ values: [1, 2], clusters: [1] })).to.throw(RangeError)
    expect(() => bootstrapMean({ values: [1, Number.NaN] })).to.throw(RangeError, 'values[1]')
  })
})

describe('bootstrapUnits', () => {
  it('finds no BCa interval where the estimate lies beyond every resampled one', () => {
    // Resamples rarely hold all eight units, and these never do.
    const distinct = (chosen: Uint32Array) => new Set(chosen).size
    const options = { units: 8, statistic: distinct, resamples: 50 }
    expect(bootstrapUnits(options)).to.include({ estimate: 8, low: null, high: null })
    expect(bootstrapUnits({ ...options, method: 'percentile' }))
      .to.have.property('high')
      .below(8)
  })

  it('takes estimates for symmetric where leaving out a unit changes nothing', () => {
    const mostlyThere = (chosen: Uint32Array) => Number(new Set(chosen).size > 2)
    const interval = bootstrapUnits({ units: 4, statistic: mostlyThere, resamples: 99 })
    expect(interval).to.deep.equal({ estimate: 1, low: 0, high: 1, confidence: 0.95 })
  })

  it('refuses a statistic that is not a number', () => {
    expect(() => bootstrapUnits({ units: 2, statistic: () => Number.NaN })).to.throw(
      RangeError,
      'statistic[0] is NaN',
    )
  })
})
