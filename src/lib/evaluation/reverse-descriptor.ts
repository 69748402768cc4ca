import type { EvaluatorDescriptor } from './evaluator.ts'

export const reverseDescriptor: EvaluatorDescriptor = {
  name: 'reverse',
  summary: 'experiment 1: held-out prompts in both directions, by match and by log-probability',
  report: 'directions',
  async open() {
    const { reverseEvaluator } = await import('./reverse-evaluator.ts')
    return reverseEvaluator
  },
}
