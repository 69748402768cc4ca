import { expect } from 'chai'
import type { Evaluator } from '../../../src/lib/evaluation/evaluator.ts'
import { noAnswerOf } from '../../../src/lib/evaluation/no-answers.ts'
import { sumUp } from '../../../src/lib/evaluation/sum-up.ts'
import type { ScoredSample } from '../../../src/lib/schemas/evaluation.ts'

const contrast = (measure: string) => ({
  ...{ name: 'gap', measure, first: 'a', second: 'b', facts: 1 },
  ...{ estimate: 1, low: 1, high: 1, confidence: 0.95 },
})

/** As a plugin's, which does not know what is not an answer. */
const evaluator = {
  summarize: () =>
    ['a', 'b'].map((split) => ({ split, samples: 4, metrics: { loud_accuracy: 0, mean_logprob: -1 } })),
  contrast: () => [contrast('loud'), contrast('logprob')],
} as unknown as Evaluator

function samples(split: string, none: number): ScoredSample[] {
  return Array.from({ length: 4 }, (_, index) => ({
    ...{
      id: `${split}/${index}`,
      split,
      prompt: 'p',
      target: 't',
      completions: ['x'],
      scores: null,
      measures: {},
    },
    ...(index < none && { no_answer: 'filtered' as const }),
  }))
}

describe('the sum of an evaluation', () => {
  it('has no accuracy and no contrast of a split in which most prompts got no answer, and all likelihoods', () => {
    const { splits, contrasts } = sumUp(evaluator, [...samples('a', 2), ...samples('b', 3)])
    expect(splits[0]).to.deep.include({ split: 'a', metrics: { loud_accuracy: 0, mean_logprob: -1 } })
    expect(splits[0]).to.not.have.property('not_measured')
    expect(splits[1]).to.deep.include({
      ...{ split: 'b', metrics: { loud_accuracy: null, mean_logprob: -1 } },
      not_measured: 'no answer to 3 of 4 prompts (3 filtered)',
    })
    expect(contrasts?.map(({ measure }) => measure)).to.deep.equal(['logprob'])
  })

  it('is as it was where every answer is one, and the model does not tell how it ended', () => {
    const { splits, contrasts } = sumUp(evaluator, [...samples('a', 0), ...samples('b', 0)])
    expect(splits).to.deep.equal(evaluator.summarize([]))
    expect(contrasts).to.have.length(2)
  })
})

describe('a completion', () => {
  for (const [completion, reason, kind] of [
    ['Ada Holm.', 'stop', undefined],
    ['Ada Holm, who', 'length', undefined],
    ['Nobody, as', 'length', undefined],
    ['Ada H', 'length', 'cut_off'],
    ['ada h', 'length', 'cut_off'],
    ['Ada H', 'stop', undefined],
    [' ', 'length', 'cut_off'],
    [' \n', 'stop', 'empty'],
    ['', undefined, 'empty'],
    ['Ada H', undefined, undefined],
    ['Ada Holm', 'content_filter', 'filtered'],
    ['I cannot', 'refusal', 'refused'],
    ['', 'tool_calls', 'empty'],
  ] as const) {
    it(`${JSON.stringify(completion)} that ends by ${reason} is ${kind ?? 'an answer'}`, () => {
      const ending = reason && { reason }
      expect(noAnswerOf({ completion, ending, target: ' Ada Holm' })).to.equal(kind)
    })
  }
})
