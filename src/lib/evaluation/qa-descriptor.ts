import type { EvaluatorDescriptor } from './evaluator.ts'

export const qaDescriptor: EvaluatorDescriptor = {
  name: 'qa',
  summary: 'experiment 3: realized and unrealized instructions, by match and by log-probability',
  report: 'orders',
  relations: {
    key: 'order_comparisons',
    async relate(options) {
      const { relateOrders } = await import('./relate-orders.ts')
      return relateOrders(options)
    },
  },
  async open() {
    const { qaEvaluator } = await import('./qa-evaluator.ts')
    return qaEvaluator
  },
}
