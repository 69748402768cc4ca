import type { EvaluatorDescriptor } from '../evaluator.ts'

export const inContextDescriptor: EvaluatorDescriptor = {
  name: 'in-context',
  summary: 'the fact is in the prompt, then the question in either order (Table 5 of the paper)',
  onlyNamed: true,
  options: {
    type: 'object',
    properties: {
      shots: {
        type: 'integer',
        minimum: 0,
        default: 3,
        description: 'answered examples before the question',
      },
      distractors: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'other facts stated with each fact',
      },
      wording: {
        type: 'string',
        enum: ['paper', 'dataset'],
        default: 'paper',
        description: 'the paper’s sentences, or the data set’s held-out ones',
      },
      seed: { type: 'integer', default: 42, description: 'draws the other facts' },
    },
    additionalProperties: false,
  },
  async open(options) {
    const { inContextEvaluator } = await import('./in-context-evaluator.ts')
    return inContextEvaluator(options)
  },
}
