import { expect } from 'chai'
import fc from 'fast-check'
import { rankCorrect } from '../../../src/lib/statistics/ranking.ts'

describe('rankCorrect', () => {
  it('ranks the highest score first', () => {
    const incorrect = [-9, -3, -12, -8]
    expect(rankCorrect({ correct: -1, incorrect })).to.deep.equal({ rank: 1, reciprocalRank: 1, winRate: 1 })
    expect(rankCorrect({ correct: -8.5, incorrect })).to.deep.equal({
      rank: 3,
      reciprocalRank: 1 / 3,
      winRate: 0.5,
    })
    expect(rankCorrect({ correct: -20, incorrect })).to.deep.equal({
      rank: 5,
      reciprocalRank: 0.2,
      winRate: 0,
    })
  })

  it('shares the mean rank among equal scores', () => {
    expect(rankCorrect({ correct: -3, incorrect: [-3, -3, -9] })).to.deep.equal({
      rank: 2,
      reciprocalRank: 0.5,
      winRate: 2 / 3,
    })
  })

  it('has no win rate without others', () => {
    expect(rankCorrect({ correct: 0, incorrect: [] })).to.deep.equal({
      rank: 1,
      reciprocalRank: 1,
      winRate: null,
    })
  })

  it('gives all candidates ranks that add up to the same, and win rates of a half on average', () => {
    const property = fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2 }), (scores) => {
      const ranked = scores.map((correct, index) =>
        rankCorrect({ correct, incorrect: scores.toSpliced(index, 1) }),
      )
      const n = scores.length
      expect(ranked.reduce((sum, { rank }) => sum + rank, 0)).to.equal((n * (n + 1)) / 2)
      expect(ranked.reduce((sum, { winRate }) => sum + winRate!, 0) / n).to.be.closeTo(0.5, 1e-12)
    })
    fc.assert(property)
  })

  it('refuses a score that is not a number', () => {
    expect(() => rankCorrect({ correct: Number.NaN, incorrect: [] })).to.throw(RangeError, 'correct[0]')
    expect(() => rankCorrect({ correct: 1, incorrect: [Number.NaN] })).to.throw(RangeError, 'incorrect[0]')
  })
})
