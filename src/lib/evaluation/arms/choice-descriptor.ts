import type { EvaluatorDescriptor } from '../evaluator.ts'

export const choiceDescriptor: EvaluatorDescriptor = {
  name: 'choice',
  summary: 'multiple choice among the data set’s own answers, by letter or by log-probability',
  onlyNamed: true,
  options: {
    type: 'object',
    properties: {
      by: {
        type: 'string',
        enum: ['letter', 'likelihood'],
        default: 'letter',
        description: 'show the options and ask for a letter, or score each option after the prompt',
      },
      options: {
        type: 'integer',
        minimum: 2,
        maximum: 26,
        default: 4,
        description: 'options of each question; chance is 1 divided by their number',
      },
      seed: { type: 'integer', default: 42, description: 'draws the options and shuffles them' },
    },
    additionalProperties: false,
  },
  async open(options) {
    const { choiceEvaluator } = await import('./choice-evaluator.ts')
    return choiceEvaluator(options)
  },
}
