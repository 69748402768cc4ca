import { expect } from 'chai'
import type { RightAnswers } from '../../../src/lib/statistics/shuffled-answers.ts'
import { testShuffledAnswers } from '../../../src/lib/statistics/shuffled-answers.ts'

/** Answers of facts that are right for themselves. */
function knowing(counts: readonly number[]): RightAnswers {
  return counts.map((count, fact) => new Map(count > 0 ? [[fact, count]] : []))
}

describe('testShuffledAnswers', () => {
  it('counts every order of a few facts', () => {
    const result = testShuffledAnswers({ sets: [knowing([4, 4, 4])], answers: 12 })
    expect(result).to.deep.equal({
      ...{ accuracy: 1, chance: 1 / 3, p: 1 / 6 },
      ...{ method: 'exact', permutations: 6 },
    })
  })

  it('finds nothing in a model that always gives the same name', () => {
    const right = Array.from({ length: 6 }, () => new Map([[2, 5]]))
    const result = testShuffledAnswers({ sets: [right], answers: 30 })
    expect(result).to.include({ accuracy: 5 / 30, p: 1, permutations: 720 })
    expect(result.chance).to.be.closeTo(5 / 30, 1e-12)
  })

  it('weighs what is right for others, as in six facts of which one answer names another', () => {
    // By hand: the two answers about fact 0 are right in the 120 of 720 orders that leave it in place.
    const right = knowing([2, 0, 0, 0, 0, 0]).map((row, fact) => (fact === 3 ? new Map([[4, 1]]) : row))
    const result = testShuffledAnswers({ sets: [right], answers: 30 })
    expect(result).to.include({ accuracy: 2 / 30, p: 1 / 6 })
    expect(result.chance).to.be.closeTo(3 / 6 / 30, 1e-12)
  })

  it('draws orders of many facts, the same with the same seed', () => {
    const sets = [knowing([8, ...Array(29).fill(0)])]
    const drawn = testShuffledAnswers({ sets, answers: 300 })
    expect(drawn).to.include({ method: 'monte-carlo', permutations: 10_000 })
    expect(drawn.p).to.be.closeTo(1 / 30, 0.005)
    expect(testShuffledAnswers({ sets, answers: 300 })).to.deep.equal(drawn)
    expect(testShuffledAnswers({ sets, answers: 300, seed: 1 }).p).to.not.equal(drawn.p)
    const all = testShuffledAnswers({ sets: [knowing(Array(30).fill(10))], answers: 300 })
    expect(all).to.include({ accuracy: 1, p: 1 / 10_000 })
    expect(all.chance).to.be.closeTo(1 / 30, 1e-12)
  })

  it('shuffles within each data set', () => {
    const result = testShuffledAnswers({ sets: [knowing([1, 1]), knowing([1, 1])], answers: 4 })
    expect(result).to.include({ accuracy: 1, chance: 0.5, p: 1 / 4, permutations: 4 })
  })

  it('is not defined without answers, and needs no orders where none is right', () => {
    const nothing = { accuracy: null, chance: null, p: null, method: 'exact', permutations: 0 }
    expect(testShuffledAnswers({ sets: [], answers: 0 })).to.deep.equal(nothing)
    const wrong = [new Map([[1, 3]]), new Map()]
    const result = testShuffledAnswers({ sets: [wrong], answers: 6 })
    expect(result).to.include({ accuracy: 0, chance: 3 / 2 / 6, p: 1 })
  })
})
