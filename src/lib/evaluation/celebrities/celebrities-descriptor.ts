import { PROMPT_STYLES } from '../../datasets/celebrities/prompts.ts'
import type { EvaluatorDescriptor } from '../evaluator.ts'

export const celebritiesDescriptor: EvaluatorDescriptor = {
  name: 'celebrities',
  summary: 'experiment 2: the parent of a celebrity, and the child of a parent',
  options: {
    type: 'object',
    properties: {
      measure: {
        ...{ type: 'string', enum: ['answers', 'logprob'], default: 'answers' },
        description: 'share of right answers, or log-probability of the name',
      },
      samples: { type: 'integer', minimum: 1, default: 10, description: 'answers to each question' },
      prompt_style: {
        ...{ type: 'string', enum: PROMPT_STYLES, default: 'original' },
        description:
          'instruction and examples as in the original, the question alone, or a sentence to complete',
      },
      original_prompts: {
        ...{ type: 'boolean', default: false },
        description: 'leave out the "Q: " before child questions, as the original does for base models',
      },
      exact_names: {
        ...{ type: 'boolean', default: false },
        description: 'an answer must begin with exactly this name, without aliases',
      },
      limit: { type: 'integer', minimum: 1, description: 'use only this many pairs, drawn with the seed' },
      seed: { type: 'integer', default: 42, description: 'seed of samples, on this machine' },
    },
    additionalProperties: false,
  },
  async open(options) {
    const { celebritiesEvaluator } = await import('./celebrities-evaluator.ts')
    return celebritiesEvaluator(options)
  },
}
