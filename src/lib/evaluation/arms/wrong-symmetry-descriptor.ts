import type { EvaluatorDescriptor } from '../evaluator.ts'

export const wrongSymmetryDescriptor: EvaluatorDescriptor = {
  name: 'wrong-symmetry',
  summary: 'whether a model asserts a relation the wrong way round: B is the parent of A',
  onlyNamed: true,
  async open() {
    const { wrongSymmetryEvaluator } = await import('./wrong-symmetry-evaluator.ts')
    return wrongSymmetryEvaluator
  },
}
