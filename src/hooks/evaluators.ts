import type { Hook } from '@oclif/core'
import type { EvaluatorHooks } from '../cli/shell/evaluators.ts'
import { qaEvaluator } from '../lib/evaluation/qa-evaluator.ts'
import { reverseEvaluator } from '../lib/evaluation/reverse-evaluator.ts'

/** The built-in evaluators come through the same door as those of plugins. */
const hook: Hook<'evaluators', EvaluatorHooks> = async ({ register }) => {
  register(reverseEvaluator)
  register(qaEvaluator)
}

export default hook
