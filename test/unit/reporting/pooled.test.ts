import { expect } from 'chai'
import { estimateShare } from '../../../src/lib/reporting/sections/pooled.ts'
import { intervalOfShare } from '../../../src/lib/statistics/proportion.ts'

/** So many facts, each asked in these prompts. */
function pooled(facts: number, answers: readonly number[]) {
  const clusters = Array.from({ length: facts }, (_, fact) => answers.map(() => `fact ${fact}`)).flat()
  return { values: Array.from({ length: facts }, () => answers).flat(), clusters, cells: [] }
}

describe('the share of right answers over facts', () => {
  it('has Wilson’s interval around itself where every fact has the same share, right or not', () => {
    for (const answers of [[0], [1, 1], [1, 1, 1, 1, 0], [1, 0]]) {
      const { estimate, low, high } = estimateShare(pooled(6, answers))
      const share = answers.reduce((sum, right) => sum + right, 0) / answers.length
      expect(estimate).to.equal(share)
      expect({ low, high }).to.deep.include({
        low: intervalOfShare({ share, trials: 6 }).low,
        high: intervalOfShare({ share, trials: 6 }).high,
      })
    }
  })

  it('has it for a single fact that is known in some of its prompts', () => {
    const { estimate, low, high } = estimateShare(pooled(1, [1, 0, 0, 0]))
    expect([low! <= estimate!, estimate! <= high!]).to.deep.equal([true, true])
    expect(high).to.equal(intervalOfShare({ share: 0.25, trials: 1 }).high)
  })
})
