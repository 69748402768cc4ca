import type { EvaluatorDescriptor } from '../evaluator.ts'

export const twoHopDescriptor: EvaluatorDescriptor = {
  name: 'two-hop',
  summary: 'whether a model combines two facts that it learned: A is B, B is C, so A is C',
  onlyNamed: true,
  async open() {
    const { twoHopEvaluator } = await import('./two-hop-evaluator.ts')
    return twoHopEvaluator
  },
}
