import { expect } from 'chai'
import { renderContrast } from '../../../src/cli/text/evaluation.ts'
import { renderNotLearned } from '../../../src/cli/text/learned.ts'
import { judgeDirections } from '../../../src/lib/evaluation/learned.ts'
import { reverseEvaluator } from '../../../src/lib/evaluation/reverse-evaluator.ts'
import { sumUp } from '../../../src/lib/evaluation/sum-up.ts'
import { chooseEpochs, proposeEpochs } from '../../../src/lib/finetuning/epochs.ts'
import type { ScoredSample } from '../../../src/lib/schemas/evaluation.ts'
import { leastConclusiveAccuracy } from '../../../src/lib/statistics/conclusive-accuracy.ts'

describe('the least accuracy that can carry a conclusion', () => {
  it('is that at which no right answer in reverse would be as rare as 1 in 20', () => {
    for (const facts of [1, 2, 3, 6, 30, 300]) {
      const least = leastConclusiveAccuracy({ facts })
      expect((1 - least) ** facts).to.be.closeTo(0.05, 1e-12)
    }
    expect(leastConclusiveAccuracy({ facts: 30 })).to.be.closeTo(0.095, 5e-4)
    expect(leastConclusiveAccuracy({ facts: 0 })).to.equal(1)
    expect(() => leastConclusiveAccuracy({ facts: 1.5 })).to.throw(RangeError)
  })
})

describe('what was learned', () => {
  const split = (name: string, prefix_accuracy: number, samples = 300) => ({
    ...{ split: name, samples, metrics: { prefix_accuracy } },
  })
  const gap = (first: string, facts: number) => ({
    ...{ name: 'reversal_gap', measure: 'prefix_match', first, second: 'x', facts },
    ...{ estimate: 0, low: 0, high: 0, confidence: 0.95 },
  })

  it('is judged for each way of training by its facts, not its prompts', () => {
    const judged = judgeDirections({
      splits: [split('p2d_prompts_test', 0.3, 60), split('d2p_prompts_test', 0.95, 60)],
      contrasts: [gap('p2d_prompts_test', 6), gap('d2p_prompts_test', 6)],
    })
    expect(judged.map(({ direction, facts, learned }) => [direction, facts, learned])).to.deep.equal([
      ['NameToDescription', 6, false],
      ['DescriptionToName', 6, true],
    ])
    const lines = renderNotLearned(judged, { proposedEpochs: 40 }).join(' ').replace(/\s+/g, ' ')
    expect(lines).to.equal(
      'NameToDescription: not learned: nothing follows for the reverse. 30.0 % right in the direction of training is below 39.3 %, from which 0.0 % in reverse would be evidence with 6 facts (p < 0.05). Train longer: reversal finetune:start … --n-epochs 40. Or train on more facts: then a lower accuracy suffices.',
    )
    expect(judgeDirections({ splits: [split('p2d_prompts_test', 0.1)] })[0]).to.include({
      ...{ facts: 300, learned: true },
    })
    const alone = { ...split('p2d_prompts_test', 0.05), facts: 30 }
    expect(judgeDirections({ splits: [alone] })[0]).to.include({ facts: 30, learned: false })
    expect(judgeDirections({ splits: [split('unrealized_examples', 0)] })).to.deep.equal([])
  })

  it('counts facts, not prompts, also where none of them is asked for in reverse', () => {
    const asked = ['Ann', 'Bo', 'Cy'].flatMap((fact) =>
      [0, 1].map((template) => ({
        ...{
          id: `${fact}/${template}`,
          split: 'p2d_prompts_test',
          prompt: fact,
          target: 'x',
          scoreTargets: [],
        },
        ...{ completions: ['x'], scores: null, measures: { prefix_match: 1 }, metadata: { fact, template } },
      })),
    )
    const [judged] = judgeDirections(sumUp(reverseEvaluator, asked as unknown as ScoredSample[]))
    expect(judged).to.include({ direction: 'NameToDescription', facts: 3 })
    expect(judged!.least).to.be.closeTo(0.632, 0.001)
  })

  it('is the paper’s, whose data set is trained as ever', () => {
    const judged = judgeDirections({
      splits: [split('p2d_prompts_test', 0.5), split('d2p_prompts_test', 0.967)],
      contrasts: [gap('p2d_prompts_test', 30), gap('d2p_prompts_test', 30)],
    })
    expect(judged.every(({ learned }) => learned)).to.equal(true)
    expect(chooseEpochs({ examples: 3600, batchSize: 16 })).to.deep.equal({ nEpochs: 10 })
  })

  it('of a small data set takes as many steps, which are more epochs, and says so', () => {
    const { nEpochs, reason } = chooseEpochs({ examples: 160, batchSize: 16 })
    expect(nEpochs).to.equal(40)
    expect(reason).to.match(/^The data set is small: 40 epochs instead of 10, .* 400 steps/)
    expect(chooseEpochs({ examples: 3, batchSize: 16 }).nEpochs).to.equal(400)
    const masked = { batchSize: 16, objective: 'masked-uniform' } as const
    expect(chooseEpochs({ ...masked, examples: 160 }).reason).to.contain('a model needs at least 2,000')
    expect(chooseEpochs({ ...masked, examples: 3600 })).to.deep.equal({
      nEpochs: 50,
      reason: 'The objective masked-uniform learns slowly: 50 epochs instead of 10.',
    })
    expect(chooseEpochs({ ...masked, examples: 3 }).nEpochs).to.equal(2000)
    const server = { base_url: 'https://api.openai.com/v1', organization: null, project: null }
    const run = (n_epochs: number) => ({
      ...{ dataset: { name: 'x', training_file: '/x', n_train: 160 } },
      hyperparameters: { n_epochs, batch_size: 16, learning_rate_multiplier: 0.2 },
    })
    expect(proposeEpochs(run(3))).to.equal(40)
    expect(proposeEpochs(run(40))).to.equal(80)
    expect(proposeEpochs({ ...run(10), server })).to.equal(20)
    expect(proposeEpochs({ ...run(40), server })).to.equal(50)
  })
})

describe('a contrast', () => {
  const contrast = (measure: string) => ({
    ...{ name: 'reversal_gap', measure, first: 'a', second: 'b', facts: 2 },
    ...{ estimate: 1.25, low: -0.5, high: 3, confidence: 0.95 },
  })
  it('has points where it is of shares, nats where it is of log-probabilities, and else no unit', () => {
    expect(renderContrast(contrast('prefix_match'))).to.equal(
      'Reversal gap, a minus b: 125.0 points [−50.0, 300.0] over 2 facts',
    )
    expect(renderContrast(contrast('logprob'))).to.equal(
      'Reversal gap in logprob, a minus b: 1.250 nats [−0.500, 3.000] over 2 facts',
    )
    expect(renderContrast(contrast('rank'))).to.equal(
      'Reversal gap in rank, a minus b: 1.250 [−0.500, 3.000] over 2 facts',
    )
  })
})
