import { expect } from 'chai'
import { testPairedT } from '../../../src/lib/statistics/paired-t.ts'
import type { CrossedValues } from '../../../src/lib/statistics/two-way-difference.ts'
import { testTwoWayDifference } from '../../../src/lib/statistics/two-way-difference.ts'
import { PythonRandom } from '../../../src/lib/support/python-random.ts'

/** Values by run and fact, with the labels of a side. */
function cross(table: readonly (readonly number[])[], labels = { run: 'seed', fact: 'fact' }): CrossedValues {
  const cells = table.flatMap((row, run) => row.map((value, fact) => ({ value, run, fact })))
  return {
    values: cells.map(({ value }) => value),
    runs: cells.map(({ run }) => `${labels.run} ${run}`),
    facts: cells.map(({ fact }) => `${labels.fact} ${fact}`),
  }
}

const FIRST = [
  [0.9, 0.7, 0.4, 0.8],
  [0.7, 0.4, 0.2, 0.5],
  [1.0, 0.9, 0.5, 0.9],
]
const SECOND = [
  [0.1, 0.2, 0.0, 0.1],
  [0.2, 0.1, 0.1, 0.0],
  [0.1, 0.2, 0.1, 0.1],
]

describe('testTwoWayDifference', () => {
  it('lets seeds and facts vary at once: variance between either less what both count', () => {
    // By hand, from the table of differences, its margins and Student's t with 2 degrees of freedom in closed form.
    const table = FIRST.map((row, run) => row.map((value, fact) => value - SECOND[run]![fact]!))
    const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value) / values.length
    const cells = table.flat()
    const squares = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + (value - average(cells)) ** 2, 0)
    const between = (means: readonly number[]) => squares(means) / (means.length * (means.length - 1))
    const facts = [0, 1, 2, 3].map((fact) => average(table.map((row) => row[fact]!)))
    const variance = between(table.map(average)) + between(facts) - between(cells)
    expect(variance).to.be.above(Math.max(between(table.map(average)), between(facts)))
    const t = average(cells) / Math.sqrt(variance)

    const result = testTwoWayDifference({ first: cross(FIRST), second: cross(SECOND) })
    expect(result.estimate).to.be.closeTo(average(cells), 1e-15)
    expect(result.standardError).to.be.closeTo(Math.sqrt(variance), 1e-15)
    expect(result.df).to.equal(2)
    expect(result.p).to.be.closeTo(1 - t / Math.sqrt(2 + t ** 2), 1e-12)
    const critical = 0.95 * Math.sqrt(2 / (1 - 0.95 ** 2))
    expect(result.low).to.be.closeTo(average(cells) - critical * Math.sqrt(variance), 1e-12)
    expect(result.high).to.be.closeTo(average(cells) + critical * Math.sqrt(variance), 1e-12)
    expect(result.over).to.deep.equal(['runs', 'facts'])
  })

  it('is the paired t test over facts with one run a side, and over runs where each has facts of its own', () => {
    const one = testTwoWayDifference({ first: cross([FIRST[0]!]), second: cross([SECOND[0]!]) })
    const facts = testPairedT({ first: FIRST[0]!, second: SECOND[0]! })
    expect(one.p).to.be.closeTo(facts.p!, 1e-12)
    expect(one.low).to.be.closeTo(facts.low!, 1e-12)
    expect(one.over).to.deep.equal(['facts'])

    const own = (table: readonly (readonly number[])[]) => {
      const crossed = cross(table)
      return { ...crossed, facts: crossed.facts.map((fact, index) => `${crossed.runs[index]} ${fact}`) }
    }
    const means = (table: readonly (readonly number[])[]) =>
      table.map((row) => row.reduce((sum, value) => sum + value) / row.length)
    const nested = testTwoWayDifference({ first: own(FIRST), second: own(SECOND) })
    const seeds = testPairedT({ first: means(FIRST), second: means(SECOND) })
    expect(nested.standardError).to.be.at.least(seeds.standardError! - 1e-15)
    expect(nested.df).to.equal(2)
  })

  it('adds the variances of sides that have nothing in common', () => {
    const half = FIRST.map((row) => row.map((value) => value / 2))
    const second = cross(half, { run: 'other seed', fact: 'other fact' })
    const { standardError, df } = testTwoWayDifference({ first: cross(FIRST), second })
    const zero = (side: CrossedValues) => ({ ...side, values: side.values.map(() => 0) })
    const alone = [cross(FIRST), second].map((side) =>
      testTwoWayDifference({
        first: side,
        second: zero(
          cross(
            [
              [0, 0],
              [0, 0],
            ],
            { run: 'r', fact: 'f' },
          ),
        ),
      }),
    )
    expect(standardError! ** 2).to.be.closeTo(
      alone.reduce((sum, own) => sum + own.standardError! ** 2, 0),
      1e-15,
    )
    expect(df).to.equal(2)
  })

  it('takes more values than a call takes arguments', () => {
    const side = (shift: number) => cross([Array.from({ length: 80_000 }, (_, fact) => shift + (fact % 7))])
    expect(testTwoWayDifference({ first: side(1), second: side(0) }).estimate).to.be.closeTo(1, 1e-9)
  })

  it('uses the given weights', () => {
    const doubled = cross([...FIRST, FIRST[0]!])
    const first = { ...doubled, runs: doubled.runs.map((run) => run.replace('seed 3', 'seed 0')) }
    const weights = doubled.runs.map((run) => (/[03]$/.test(run) ? 0.5 : 1))
    const weighted = testTwoWayDifference({ first: { ...first, weights }, second: cross(SECOND) })
    const plain = testTwoWayDifference({ first: cross(FIRST), second: cross(SECOND) })
    expect(weighted.standardError).to.be.closeTo(plain.standardError!, 1e-15)
    expect(weighted.p).to.be.closeTo(plain.p!, 1e-12)
  })

  it('keeps its level with few seeds, where facts alone would not', () => {
    const random = new PythonRandom(7)
    const normal = () => {
      let sum = -6
      for (let draw = 0; draw < 12; draw++) sum += random.random()
      return sum
    }
    const draw = () => {
      const [runs, facts] = [[0, 0, 0, 0].map(normal), Array.from({ length: 12 }, normal)]
      return cross(runs.map((run) => facts.map((fact) => 0.5 * run + 0.5 * fact + normal())))
    }
    const tries = 500
    let [both, factsAlone] = [0, 0]
    for (let repeat = 0; repeat < tries; repeat++) {
      const [first, second] = [draw(), draw()]
      if (testTwoWayDifference({ first, second }).p! < 0.05) both++
      const one = (side: CrossedValues) => ({ ...side, runs: side.runs.map(() => 'all') })
      if (testTwoWayDifference({ first: one(first), second: one(second) }).p! < 0.05) factsAlone++
    }
    expect(both / tries).to.be.within(0.01, 0.07)
    expect(factsAlone / tries).to.be.above(0.15)
  })

  it('has no test without spread, without values, or with one run and one fact, and refuses labels on one side alone', () => {
    const ones = cross([
      [1, 1],
      [1, 1],
    ])
    const zeros = cross([
      [0.1, 0.1],
      [0.1, 0.1],
    ])
    expect(testTwoWayDifference({ first: ones, second: zeros })).to.deep.include({
      ...{ estimate: 0.9, low: null, high: null, standardError: 0, p: null },
    })
    expect(testTwoWayDifference({ first: cross([[1]]), second: cross([[0]]) })).to.deep.include({
      ...{ estimate: 1, standardError: null, p: null, over: [] },
    })
    const none = { values: [], runs: [], facts: [] }
    expect(testTwoWayDifference({ first: none, second: zeros })).to.include({ estimate: null, p: null })
    expect(() => testTwoWayDifference({ first: cross(FIRST), second: cross(SECOND.slice(1)) })).to.throw(
      RangeError,
      'labels are on both sides',
    )
  })
})
