import { expect } from 'chai'
import { describeMetric, isAccuracy, RANKING_GROUP } from '../../../src/lib/schemas/metric.ts'

describe('what a metric is', () => {
  it('is what its evaluator says of it, whatever its name ends in', () => {
    const described = {
      accuracy: { unit: 'nats', better: 'higher' },
      bias: { unit: 'share', better: 'lower' },
    } as const
    expect(describeMetric('accuracy', described)).to.deep.equal({ ...described.accuracy, label: 'accuracy' })
    expect(isAccuracy(describeMetric('accuracy', described))).to.equal(false)
    expect(isAccuracy(describeMetric('bias', described))).to.equal(false)
  })

  it('follows from the name where nobody described it, as in summaries of before', () => {
    const loud = describeMetric('loud_accuracy')
    expect(loud).to.deep.equal({ unit: 'share', better: 'higher', from: 'answers', label: 'loud' })
    expect(isAccuracy(loud)).to.equal(true)
    expect(describeMetric('mean_logprob')).to.include({ unit: 'nats', from: 'scores', label: 'logprob' })
    expect(describeMetric('mean_rank')).to.include({ unit: 'rank', better: 'lower', group: RANKING_GROUP })
    expect(describeMetric('constructor')).to.deep.equal({ unit: 'number', label: 'constructor' })
  })
})
