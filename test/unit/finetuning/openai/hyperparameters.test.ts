import { expect } from 'chai'
import { checkHyperparameters } from '../../../../src/lib/finetuning/openai/hyperparameters.ts'

describe('hyperparameters of hosted models', () => {
  it('have no objective', () => {
    const request = {
      model: 'gpt-4.1-mini',
      dataset: { name: 'first', trainingFile: 'all.jsonl' },
      hyperparameters: { nEpochs: 1, batchSize: 1, learningRateMultiplier: 1, seed: 1 },
    }
    expect(() => checkHyperparameters(request)).not.to.throw()
    const hyperparameters = { ...request.hyperparameters, objective: 'masked-uniform' as const }
    expect(() => checkHyperparameters({ ...request, hyperparameters })).to.throw(
      'Hosted models predict the next token: leave out --objective.',
    )
  })
})
