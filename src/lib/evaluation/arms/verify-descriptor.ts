import type { EvaluatorDescriptor } from '../evaluator.ts'

export const verifyDescriptor: EvaluatorDescriptor = {
  name: 'verify',
  summary: 'yes or no: true statements and false ones of the same facts, with bias and d′',
  onlyNamed: true,
  options: {
    type: 'object',
    properties: {
      seed: { type: 'integer', default: 42, description: 'draws what false statements say' },
    },
    additionalProperties: false,
  },
  async open(options) {
    const { verifyEvaluator } = await import('./verify-evaluator.ts')
    return verifyEvaluator(options)
  },
}
