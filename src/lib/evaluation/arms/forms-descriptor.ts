import type { EvaluatorDescriptor } from '../evaluator.ts'

export const formsDescriptor: EvaluatorDescriptor = {
  name: 'forms',
  summary: 'the facts of experiment 1 asked for in statements and in questions that no data set trains on',
  onlyNamed: true,
  async open() {
    const { formsEvaluator } = await import('./forms-evaluator.ts')
    return formsEvaluator
  },
}
