import type { EvaluatorDescriptor } from '../evaluator.ts'

export const rankDescriptor: EvaluatorDescriptor = {
  name: 'rank',
  summary: 'how many of its peers the right answer beats by log-probability, and by how much',
  onlyNamed: true,
  options: {
    type: 'object',
    properties: {
      peers: { type: 'integer', minimum: 0, default: 0, description: 'peers of each answer; 0 takes all' },
      seed: { type: 'integer', default: 42, description: 'draws the peers where not all are taken' },
    },
    additionalProperties: false,
  },
  async open(options) {
    const { rankEvaluator } = await import('./rank-evaluator.ts')
    return rankEvaluator(options)
  },
}
